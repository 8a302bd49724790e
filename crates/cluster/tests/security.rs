//! Who is let in, and what is told to those who are not.

mod watchdog;

use std::error::Error;

use procession_cluster::event::Event;
use procession_cluster::{Cluster, ClusterError, acl_rule};
use procession_test_server::{Sentinel, Server};
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

#[test]
fn a_user_with_the_rule_can_do_everything_in_his_namespace_and_nothing_else() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let rule = acl_rule("shop", "worker")?.replace("PASSWORD", "secret");
    let words: Vec<&str> = rule.split(' ').collect();
    server.command(&words)?.accepted()?;
    let url = format!("redis://worker:secret@127.0.0.1:{}/", server.port());

    let event = Event::create(&connect(&format!("{url}?namespace=shop"))?, None)?;
    event.set()?;
    assert!(event.is_set()?);
    event.object().unlink()?;

    let error = refusal(&format!("{url}?namespace=bank"))?;
    assert!(
        matches!(error, ClusterError::NoPermission { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("`procession acl`"), "{error}");
    Ok(())
}

#[test]
fn a_user_who_may_not_run_what_a_script_runs() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let rule = acl_rule("shop", "worker")?.replace("PASSWORD", "secret");
    let words: Vec<&str> = rule.split(' ').filter(|word| *word != "+hset").collect();
    server.command(&words)?.accepted()?;
    let url = format!(
        "redis://worker:secret@127.0.0.1:{}/?namespace=shop",
        server.port()
    );
    let error = Event::create(&connect(&url)?, Some("e")).err();
    assert!(
        matches!(error, Some(ClusterError::NoPermission { .. })),
        "{error:?}"
    );
    Ok(())
}

#[test]
fn a_certificate_of_an_authority_that_is_named_is_trusted_and_no_other() -> TestResult {
    let _watchdog = watch();
    let server = Server::builder().tls().start()?;
    let certificates = server.certificates().ok_or("no certificates")?;
    let authority = certificates.authority.display().to_string();
    let cluster = connect(&format!("{}?ca_file={authority}", server.url()))?;
    let event = Event::create(&cluster, None)?;
    event.set()?;
    assert!(event.is_set()?);

    let error = refusal(&server.url())?;
    assert!(matches!(error, ClusterError::Untrusted { .. }), "{error:?}");
    assert!(error.to_string().contains("ca_file"), "{error}");

    // A file that is no certificate, and none at all.
    let key = certificates.server_key.display();
    let error = refusal(&format!("{}?ca_file={key}", server.url()))?;
    assert!(
        matches!(
            error,
            ClusterError::Address { .. } | ClusterError::Untrusted { .. }
        ),
        "{error:?}"
    );
    let error = refusal(&format!("{}?ca_file=/nowhere", server.url()))?;
    assert!(error.to_string().contains("/nowhere"), "{error}");
    Ok(())
}

#[test]
fn a_server_that_asks_for_our_certificate() -> TestResult {
    let _watchdog = watch();
    let server = Server::builder()
        .tls()
        .argument("tls-auth-clients", "yes")
        .start()?;
    let certificates = server.certificates().ok_or("no certificates")?;
    let url = format!(
        "{}?ca_file={}",
        server.url(),
        certificates.authority.display()
    );
    let error = refusal(&url)?;
    assert!(matches!(error, ClusterError::Untrusted { .. }), "{error:?}");
    assert!(error.to_string().contains("certificate_file"), "{error}");

    let ours = format!("{url}&certificate_file={}", certificates.client.display());
    let error = refusal(&ours)?;
    assert!(error.to_string().contains("go together"), "{error}");
    let ours = format!(
        "{ours}&private_key_file={}",
        certificates.client_key.display()
    );
    Event::create(&connect(&ours)?, None)?.set()?;
    Ok(())
}

#[test]
fn encryption_with_a_server_that_knows_none_and_the_other_way_round() -> TestResult {
    let _watchdog = watch();
    let plain = Server::start()?;
    let error = refusal(&format!(
        "rediss://127.0.0.1:{}/?patience=0.1",
        plain.port()
    ))?;
    assert!(
        error.to_string().contains("not expect rediss://"),
        "{error}"
    );
    let server = Server::builder().tls().start()?;
    let url = server.url().replace("rediss", "redis");
    let error = refusal(&format!("{url}?patience=0.1"))?;
    assert!(
        error
            .to_string()
            .contains("perhaps since it expects rediss://"),
        "{error}"
    );
    Ok(())
}

#[test]
fn nothing_leaves_this_machine_in_plain_text() -> TestResult {
    let _watchdog = watch();
    let error = refusal("redis://192.0.2.1/")?;
    assert!(matches!(error, ClusterError::Insecure { .. }), "{error:?}");

    // Nor does it if a server on this machine names another one.
    let server = Server::builder()
        .argument("cluster-enabled", "yes")
        .argument("cluster-announce-ip", "192.0.2.7")
        .start()?;
    server
        .command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"])?
        .accepted()?;
    let error = refusal(&server.url())?;
    assert!(matches!(error, ClusterError::Insecure { .. }), "{error:?}");
    for word in ["192.0.2.7", "rediss://", "insecure=1"] {
        assert!(error.to_string().contains(word), "{error}");
    }
    Ok(())
}

#[test]
fn values_need_signatures_unless_they_stay_on_this_machine() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let here = connect(&server.url())?;
    assert!(!here.requires_signatures());
    here.check_signatures()?;

    // Sentinels may name any server.
    let sentinel = Sentinel::start(&server)?;
    let node = sentinel.nodes().first().ok_or("no sentinel")?;
    let url = format!(
        "redis+sentinel://127.0.0.1:{}/{}",
        node.port(),
        Sentinel::SERVICE
    );
    let cluster = connect(&url)?;
    assert!(cluster.requires_signatures());
    let error = cluster.check_signatures().err().ok_or("there is no key")?;
    assert!(error.to_string().contains("PROCESSION_KEY_FILE"), "{error}");
    Ok(())
}
