//! A pool of its own on a server that all tests share, and what is true of it after every step.

use std::sync::OnceLock;

use procession_test_server::Server;

use super::*;

const CODE: &str = "code";

/// A pool of its own on a server that all tests share.
pub(super) struct Fixture {
    pub(super) board: Board,
    pub(super) host: HostMember,
    pub(super) client: String,
}

fn cluster() -> Cluster {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(|| Server::start().unwrap());
    let url = format!("{}?lease=1", server.url());
    Cluster::connect(&url.parse().unwrap()).unwrap()
}

pub(super) fn host(cluster: &Cluster, name: &str) -> HostMember {
    HostMember::new(name, 7, &cluster.fresh_name().unwrap(), CODE)
}

pub(super) fn description() -> Description {
    Description {
        host: "heron".to_owned(),
        pid: 7,
        slots: 2,
        code: CODE.to_owned(),
        is_draining: false,
    }
}

impl Fixture {
    pub(super) fn new() -> Fixture {
        let cluster = cluster();
        let name = cluster.fresh_name().unwrap();
        let fixture = Fixture {
            board: Board::new(&cluster, &name, CODE).unwrap(),
            host: host(&cluster, "heron"),
            client: cluster.fresh_name().unwrap(),
        };
        fixture.board.enter_client(&fixture.client).unwrap();
        fixture
            .board
            .enter_host(&fixture.host, &description())
            .unwrap();
        fixture
    }

    pub(super) fn command(&self, name: &str, part: &str, rest: &[&str]) -> Reply {
        let key = self.board.object.key(part);
        let parts = [&[name, key.as_str()], rest].concat();
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        self.board
            .cluster()
            .command(&self.board.object, &parts)
            .unwrap()
    }

    pub(super) fn texts(&self, name: &str, part: &str, rest: &[&str]) -> Vec<String> {
        let replies = self.command(name, part, rest).into_array().unwrap();
        replies
            .into_iter()
            .map(|reply| reply.into_text().unwrap())
            .collect()
    }

    /// Puts tasks that begin with the client's name and a letter, as those of clients do.
    pub(super) fn put(&self, kept: &str, contents: &[&str]) -> Vec<String> {
        self.put_urgent(0, kept, contents)
    }

    pub(super) fn put_urgent(&self, priority: i32, kept: &str, contents: &[&str]) -> Vec<String> {
        let tasks: Vec<Submitted> = contents
            .iter()
            .map(|content| Submitted {
                priority,
                sealed: format!("{kept}{}{content}", self.client).into_bytes(),
            })
            .collect();
        let ids = self.board.put(&self.client, &tasks).unwrap();
        self.check();
        ids
    }

    pub(super) fn fetch(&self, count: usize) -> Vec<Fetched> {
        let fetched = self.board.fetch(&self.host, count).unwrap();
        self.check();
        fetched
    }

    /// Fetches; returns what the tasks are called.
    pub(super) fn fetch_ids(&self, count: usize) -> Vec<String> {
        self.fetch(count).into_iter().map(|task| task.id).collect()
    }

    pub(super) fn answer(&self, ids: &[String], epitaph: &str) -> Vec<bool> {
        let answers: Vec<Answer> = ids
            .iter()
            .zip(1..)
            .map(|(id, number)| Answer {
                id: id.clone(),
                number,
                sealed: b"outcome".to_vec(),
                epitaph: epitaph.to_owned(),
                leftovers: None,
            })
            .collect();
        let hits = self
            .board
            .answer(&self.host, &self.client, &answers)
            .unwrap();
        self.check();
        hits
    }

    pub(super) fn replies(&self) -> Vec<(String, String)> {
        let replies = self.board.replies(&self.client, BEGINNING).unwrap();
        let fields = replies.into_iter().flat_map(Entry::into_fields);
        let values: Vec<String> = fields
            .map(|(_, value)| String::from_utf8(value).unwrap())
            .collect();
        let pairs = values.chunks_exact(2);
        pairs
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect()
    }

    pub(super) fn counter(&self, name: &str) -> i64 {
        let counter = self.command("HGET", "h", &[name]);
        if counter.is_nil() {
            0
        } else {
            counter.integer().unwrap()
        }
    }

    pub(super) fn ready(&self) -> Vec<String> {
        self.texts("ZRANGE", "r:code", &["0", "-1"])
    }

    pub(super) fn lease(&self) -> Vec<String> {
        self.texts("HKEYS", &self.host.lease(), &[])
    }

    /// What is true after every step: each task is in one place, waiting or held; and if one waits, somebody is woken.
    pub(super) fn check(&self) {
        let mut places = self.ready();
        for host in self.texts("ZRANGE", "c", &["0", "-1"]) {
            places.extend(self.texts("HKEYS", &format!("l:{host}"), &[]));
        }
        places.sort();
        let mut tasks = self.texts("HKEYS", "m", &[]);
        tasks.sort();
        // One that was cancelled while a host held it is in no list of tasks any more.
        places.retain(|id| tasks.binary_search(id).is_ok() || self.ready().contains(id));
        assert_eq!(places, tasks);
        for id in self.texts("HKEYS", "a", &[]) {
            assert!(tasks.contains(&id), "attempts of a task that is gone: {id}");
        }
        let wakes = self.command("LLEN", "w:code", &[]).integer().unwrap();
        assert!(wakes <= 1 && (wakes == 1 || self.ready().is_empty()));
    }

    pub(super) fn expire(&self, part: &str, member: &str) {
        self.command("ZADD", part, &["1", member]);
    }
}
