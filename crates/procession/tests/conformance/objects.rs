//! Objects of one place, and where that is.

use std::error::Error;
use std::sync::OnceLock;

use procession::{Cluster, Event, JoinableQueue, Manager, OnLost, Queue, QueueError, SharedError};
use procession_test_server::{Server, ServerCluster};

pub(crate) type TestResult = Result<(), Box<dyn Error>>;

/// Makes objects in one place.
pub(crate) enum Objects {
    Memory,
    Server(Cluster),
}

/// Servers of the tests in this process, which end with it.
static SERVER: OnceLock<Server> = OnceLock::new();
static SERVERS: OnceLock<ServerCluster> = OnceLock::new();

/// Leases are short, so that a test of their end is.
const SETTINGS: &str = "lease=1";

impl Objects {
    /// In this session's memory.
    pub(crate) fn in_memory(_test: &str) -> Result<Objects, Box<dyn Error>> {
        Ok(Objects::Memory)
    }

    /// On one server.
    pub(crate) fn on_server(test: &str) -> Result<Objects, Box<dyn Error>> {
        let server = SERVER.get_or_init(|| Server::start().expect("a server"));
        Objects::at(&server.url(), test)
    }

    /// On a cluster of three servers and their replicas.
    pub(crate) fn on_cluster(test: &str) -> Result<Objects, Box<dyn Error>> {
        let servers = SERVERS.get_or_init(|| ServerCluster::start().expect("a cluster"));
        Objects::at(&servers.url(), test)
    }

    /// The tests do not see each other's names.
    fn at(url: &str, test: &str) -> Result<Objects, Box<dyn Error>> {
        let url = url.trim_end_matches('/');
        let cluster = procession::connect(&format!("{url}/?namespace={test}&{SETTINGS}"))?;
        Ok(Objects::Server(cluster))
    }

    pub(crate) fn queue<T>(&self, maxsize: Option<usize>) -> Result<Queue<T>, QueueError> {
        let builder = Queue::builder().maxsize(maxsize.unwrap_or(0));
        match self {
            Objects::Memory => builder.build(),
            Objects::Server(cluster) => builder.build_on(cluster, None),
        }
    }

    pub(crate) fn joinable_queue(&self, on_lost: OnLost) -> Result<JoinableQueue<u32>, QueueError> {
        let builder = JoinableQueue::builder().on_lost(on_lost);
        match self {
            Objects::Memory => builder.build(),
            Objects::Server(cluster) => builder.build_on(cluster, None),
        }
    }

    pub(crate) fn manager(&self) -> Result<Manager, Box<dyn Error>> {
        Ok(match self {
            Objects::Memory => Manager::new()?,
            Objects::Server(cluster) => cluster.manager()?,
        })
    }

    pub(crate) fn event(&self) -> Result<Event, SharedError> {
        match self {
            Objects::Memory => Event::new(),
            Objects::Server(cluster) => cluster.event(None),
        }
    }
}

/// Makes a test of each function for each place.
macro_rules! in_every_place {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(crate::objects::in_one_place!(in_memory $test);)+
        }

        mod server {
            $(crate::objects::in_one_place!(on_server $test);)+
        }

        mod cluster {
            $(crate::objects::in_one_place!(on_cluster $test);)+
        }
    };
}

macro_rules! in_one_place {
    ($place:ident $test:ident) => {
        #[test]
        fn $test() -> crate::objects::TestResult {
            procession::init_test!();
            let _watchdog = crate::watchdog::watch();
            super::$test(&crate::objects::Objects::$place(stringify!($test))?)
        }
    };
}

pub(crate) use {in_every_place, in_one_place};
