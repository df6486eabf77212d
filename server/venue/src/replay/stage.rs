//! What the recording has sent by now, and who listens.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    sync::Arc,
};

use axum::extract::ws::Utf8Bytes;
use schema::UnixMs;
use tokio::sync::{mpsc, oneshot};

use super::answers::Answers;
use crate::record::{
    line::{Line, What},
    state::{About, States},
};

/// Messages that a connection may let pile up; one that does not keep pace is cut off, as an exchange would.
const QUEUE: usize = 65_536;
/// Connections at a time.
const CLIENTS: usize = 1_000;

/// A connection's side here.
#[derive(Debug)]
struct Client {
    queue: mpsc::Sender<Utf8Bytes>,
    /// Dropped with the client, which ends the connection.
    _alive: oneshot::Sender<Infallible>,
    topics: HashSet<Arc<str>>,
}

/// A connection's own ends.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) id: u64,
    pub(super) frames: mpsc::Receiver<Utf8Bytes>,
    pub(super) alive: oneshot::Receiver<Infallible>,
}

/// What the recording has sent by now, and who listens.
#[derive(Debug, Default)]
pub(super) struct Stage {
    pub(super) answers: Answers,
    states: States,
    clients: HashMap<u64, Client>,
    next: u64,
    listeners: HashMap<Arc<str>, Vec<u64>>,
    /// The topics that each recorded connection carried.
    carried: HashMap<usize, HashSet<String>>,
    run: Option<UnixMs>,
    /// Messages that were lost while recording.
    lost: u64,
}

impl Stage {
    /// Lets the next line of the recording happen.
    pub(super) fn play(&mut self, line: Line) -> std::io::Result<()> {
        match line.what {
            What::Begin { run, .. } => {
                if self.run.replace(run).is_some_and(|before| before != run) {
                    // Another run of the recorder: nothing in it continues what was received before.
                    self.answers.clear();
                    self.states.clear();
                    self.carried.clear();
                    self.cut(|_| true);
                }
            }
            What::Answer { path, status, headers, body } => {
                self.answers.put(line.at, path, status, headers, &body)?;
            }
            What::Opened { connection, .. } => {
                self.states.forget(connection);
                self.carried.insert(connection, HashSet::new());
            }
            What::Frame { connection, text } => self.frame(connection, text),
            What::Closed { connection, .. } => {
                self.states.forget(connection);
                let carried = self.carried.remove(&connection).unwrap_or_default();
                self.cut(|client| carried.iter().any(|topic| client.topics.contains(topic.as_str())));
            }
            // Within a run everything in it was sent already.
            What::State { connection, text } => drop(self.states.take(connection, &text)),
            // What was made of it all by whoever watched; here it is made again.
            What::Input(_) | What::Resumed(_) => {}
            What::Lost { messages } => self.lost += messages,
        }
        Ok(())
    }

    /// Messages that were lost while recording, so far.
    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }

    fn frame(&mut self, connection: usize, text: String) {
        match self.states.take(connection, &text) {
            About::Topic(topic) => {
                let to = self.listeners.get(topic.as_str()).cloned().unwrap_or_default();
                let text = Utf8Bytes::from(text);
                for id in to {
                    self.send(id, text.clone());
                }
                let carried = self.carried.entry(connection).or_default();
                if !carried.contains(&topic) {
                    carried.insert(topic);
                }
            }
            // This exchange answers requests and pings itself.
            About::Dialogue => {}
            About::Broken => {
                let Some(carried) = self.carried.get(&connection) else { return };
                let hears = |client: &Client| carried.iter().any(|topic| client.topics.contains(topic.as_str()));
                let to: Vec<u64> = self.clients.iter().filter(|(_, c)| hears(c)).map(|(id, _)| *id).collect();
                for id in to {
                    self.send(id, Utf8Bytes::from(text.clone()));
                }
            }
        }
    }

    /// Lets a connection in; none where there are too many.
    pub(super) fn connect(&mut self) -> Option<Ends> {
        if self.clients.len() >= CLIENTS {
            return None;
        }
        let (queue, frames) = mpsc::channel(QUEUE);
        let (token, alive) = oneshot::channel();
        let id = self.next;
        self.next += 1;
        self.clients.insert(id, Client { queue, _alive: token, topics: HashSet::new() });
        Some(Ends { id, frames, alive })
    }

    /// Subscribes a connection, answers it, and sends it a snapshot of what later messages only change.
    pub(super) fn subscribe(&mut self, id: u64, topics: &[String], answer: String) {
        self.send(id, answer.into());
        for topic in topics {
            let Some(client) = self.clients.get_mut(&id) else { return };
            let topic: Arc<str> = topic.as_str().into();
            if client.topics.insert(Arc::clone(&topic)) {
                self.listeners.entry(Arc::clone(&topic)).or_default().push(id);
            }
            if let Some(whole) = self.states.whole(&topic) {
                self.send(id, whole.into());
            }
        }
    }

    /// Takes topics from a connection, and answers it.
    pub(super) fn unsubscribe(&mut self, id: u64, topics: &[String], answer: String) {
        for topic in topics {
            if self.clients.get_mut(&id).is_some_and(|client| client.topics.remove(topic.as_str())) {
                self.unlisten(topic, id);
            }
        }
        self.send(id, answer.into());
    }

    /// Sends a connection a message; one whose queue is full is cut off.
    pub(super) fn send(&mut self, id: u64, text: Utf8Bytes) {
        let Some(client) = self.clients.get(&id) else { return };
        if client.queue.try_send(text).is_err() {
            tracing::warn!("a connection to the recording does not keep pace and is cut off");
            self.disconnect(id);
        }
    }

    /// A connection is gone.
    pub(super) fn disconnect(&mut self, id: u64) {
        let Some(client) = self.clients.remove(&id) else { return };
        for topic in client.topics {
            self.unlisten(&topic, id);
        }
    }

    fn unlisten(&mut self, topic: &str, id: u64) {
        if let Some(listeners) = self.listeners.get_mut(topic) {
            listeners.retain(|listener| *listener != id);
            if listeners.is_empty() {
                self.listeners.remove(topic);
            }
        }
    }

    /// Ends the connections that a condition holds of.
    fn cut(&mut self, condition: impl Fn(&Client) -> bool) {
        let ids: Vec<u64> = self.clients.iter().filter(|(_, client)| condition(client)).map(|(id, _)| *id).collect();
        for id in ids {
            self.disconnect(id);
        }
    }

    /// Ends every connection.
    pub(super) fn close(&mut self) {
        self.cut(|_| true);
    }
}
