//! The errors that a user gets, from real servers, and what they tell him to do.

mod watchdog;

use std::error::Error;
use std::thread;

use procession_cluster::event::Event;
use procession_cluster::{Cluster, ClusterError};
use procession_test_server::{Fsync, Server};
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

fn connect(url: &str) -> Result<Cluster, ClusterError> {
    Cluster::connect(&url.parse()?)
}

/// What connecting fails with.
fn refusal(url: &str) -> Result<ClusterError, Box<dyn Error>> {
    match connect(url) {
        Ok(cluster) => Err(format!("connected to {cluster:?}").into()),
        Err(error) => Ok(error),
    }
}

fn says(error: &ClusterError, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

#[test]
fn a_server_that_is_down() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let url = format!("{}?patience=1", server.url());
    let event = Event::create(&connect(&url)?, None)?;
    server.kill()?;
    let place = format!("127.0.0.1:{}", server.port());
    // The call has gone out on a connection that was broken then.
    let lost = event.set().err().ok_or("it is down")?;
    says(&lost, &["not known"]);
    // This one has not.
    let refused = refusal(&format!("{}?patience=0.5", server.url()))?;
    assert!(!refused.to_string().contains("not known"));
    for error in [lost, refused] {
        assert!(matches!(error, ClusterError::Unavailable { .. }));
        says(&error, &[&place, "refused", "try again", "patience"]);
    }
    Ok(())
}

#[test]
fn a_server_that_is_just_loading_its_data() -> TestResult {
    let _watchdog = watch();
    let server = Server::builder()
        .append_only(Fsync::EverySecond)
        .argument("key-load-delay", "0")
        .start()?;
    let mut connection = server.connect()?;
    for number in 0..8000 {
        let number = number.to_string();
        connection.command(&["SET", "x", &number])?.accepted()?;
    }
    // It answers while it loads, but only now and then.
    connection
        .command(&["CONFIG", "SET", "key-load-delay", "500"])?
        .accepted()?;
    connection.command(&["CONFIG", "REWRITE"])?.accepted()?;
    server.kill()?;
    thread::scope(|scope| {
        let restart = scope.spawn(|| server.restart());
        let error = loop {
            match refusal(&format!("{}?patience=0.01", server.url()))? {
                ClusterError::Unavailable { .. } => {}
                other => break other,
            }
        };
        assert!(matches!(error, ClusterError::NotReady { .. }), "{error:?}");
        says(&error, &["LOADING", "try again", "patience"]);
        // Who has more patience gets in.
        connect(&server.url())?;
        restart.join().map_err(|_| "the restart panicked")??;
        Ok(())
    })
}

#[test]
fn a_server_that_is_full() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let cluster = connect(&server.url())?;
    let event = Event::create(&cluster, Some("full"))?;
    event.set()?;
    server
        .command(&["CONFIG", "SET", "maxmemory", "1"])?
        .accepted()?;
    // Whatever takes no memory goes on.
    assert!(event.is_set()?);
    event.clear()?;
    let error = event.set().err().ok_or("it is full")?;
    assert_eq!(error, ClusterError::Full);
    says(&error, &["maxmemory", "take something out"]);
    let error = Event::create(&cluster, Some("another")).err();
    assert_eq!(error, Some(ClusterError::Full));
    Ok(())
}

#[test]
fn a_server_that_throws_keys_away() -> TestResult {
    let _watchdog = watch();
    let server = Server::builder()
        .max_memory(100 << 20)
        .policy("allkeys-lru")
        .start()?;
    let error = refusal(&server.url())?;
    says(&error, &["allkeys-lru", "noeviction"]);
    Ok(())
}

#[test]
fn a_wrong_password_and_none() -> TestResult {
    let _watchdog = watch();
    let server = Server::builder().password("secret").start()?;
    connect(&server.url())?;
    let place = format!("127.0.0.1:{}", server.port());
    for login in ["", ":wrong@", "ada:secret@"] {
        let error = refusal(&format!("redis://{login}{place}/"))?;
        assert!(
            matches!(error, ClusterError::WrongPassword { .. }),
            "{login}"
        );
        says(&error, &["password@host", "PROCESSION_PASSWORD_FILE"]);
        assert!(!error.to_string().contains("wrong@"));
    }
    let open = Server::start()?;
    let error = refusal(&format!("redis://:secret@127.0.0.1:{}/", open.port()))?;
    says(&error, &["without any password configured"]);
    Ok(())
}

#[test]
fn a_server_with_too_many_clients() -> TestResult {
    let _watchdog = watch();
    let server = Server::builder().password("secret").start()?;
    let connection = server.connect()?;
    server
        .command(&["CONFIG", "SET", "maxclients", "1"])?
        .accepted()?;
    let error = refusal(&format!("{}?patience=0.1", server.url()))?;
    assert!(matches!(error, ClusterError::NotReady { .. }), "{error:?}");
    says(&error, &["max number of clients", "try again"]);
    drop(connection);
    connect(&server.url())?;
    Ok(())
}

#[test]
fn another_layout_of_the_namespace() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    server
        .command(&["SET", "pc:shop:{layout}:v", "2"])?
        .accepted()?;
    let error = refusal(&format!("{}?namespace=shop", server.url()))?;
    says(&error, &["shop", "form 2", "form 1", "another namespace"]);
    connect(&format!("{}?namespace=other", server.url()))?;
    Ok(())
}
