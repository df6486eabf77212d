//! Asking for topics: in batches, and again in smaller ones when one of them is refused.
//!
//! One topic that the exchange does not know refuses the whole request it is in.

use std::collections::VecDeque;

use schema::Symbol;

use super::{frame::Answer, topic::Topic};

/// What an answer to a request brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answered {
    /// Topics that are sent from now on.
    pub(super) granted: Vec<Topic>,
    /// Topics that are not to be had on this connection.
    pub(super) given_up: Vec<Topic>,
}

/// The requests of one connection.
#[derive(Debug)]
pub(super) struct Subscriptions {
    per_request: usize,
    next: u64,
    /// Requests that wait for their answer, oldest first.
    pending: VecDeque<(String, Vec<Topic>)>,
    /// Messages to be sent.
    outgoing: Vec<String>,
}

impl Subscriptions {
    /// More unanswered requests than any connection makes; older ones are forgotten.
    const PENDING_MAX: usize = 1_024;

    pub(super) const fn new(per_request: usize) -> Self {
        Self { per_request, next: 0, pending: VecDeque::new(), outgoing: Vec::new() }
    }

    /// Forgets all requests: their connection is gone.
    pub(super) fn clear(&mut self) {
        self.pending.clear();
        self.outgoing.clear();
    }

    /// Whether every request to subscribe was answered.
    pub(super) fn is_settled(&self) -> bool {
        self.pending.is_empty() && self.outgoing.is_empty()
    }

    /// Takes symbols out of requests that wait for their answer: a refusal does not bring them back.
    pub(super) fn forget(&mut self, symbols: &[Symbol]) {
        for (_, batch) in &mut self.pending {
            batch.retain(|topic| !symbols.contains(&topic.symbol));
        }
    }

    /// The messages to be sent by now.
    pub(super) fn take_outgoing(&mut self) -> Vec<String> {
        std::mem::take(&mut self.outgoing)
    }

    /// Asks for topics.
    pub(super) fn subscribe(&mut self, topics: &[Topic]) {
        for batch in topics.chunks(self.per_request) {
            let id = self.send("subscribe", batch);
            if self.pending.len() == Self::PENDING_MAX {
                self.pending.pop_front();
            }
            self.pending.push_back((id, batch.to_vec()));
        }
    }

    /// Gives topics back.
    pub(super) fn unsubscribe(&mut self, topics: &[Topic]) {
        for batch in topics.chunks(self.per_request) {
            self.send("unsubscribe", batch);
        }
    }

    fn send(&mut self, op: &str, topics: &[Topic]) -> String {
        self.next += 1;
        let id = self.next.to_string();
        let args: Vec<_> = topics.iter().map(ToString::to_string).collect();
        self.outgoing.push(serde_json::json!({ "req_id": id, "op": op, "args": args }).to_string());
        id
    }

    /// Takes an answer.
    ///
    /// The topics a refusal names are given up and the rest of the request is made again; where it names none, the
    /// request is halved until the refused topic is alone.
    pub(super) fn answered(&mut self, answer: &Answer) -> Answered {
        let nothing = Answered::default();
        if !answer.subscribing {
            return nothing;
        }
        let Some((_, batch)) = self.place(answer).and_then(|place| self.pending.remove(place)) else {
            return nothing;
        };
        if answer.success {
            return Answered { granted: batch, ..nothing };
        }
        let (named, rest): (Vec<_>, Vec<_>) = batch.iter().partition(|topic| names(&answer.message, **topic));
        if !named.is_empty() {
            self.subscribe(&rest);
            return Answered { given_up: named, ..nothing };
        }
        if batch.len() <= 1 {
            return Answered { given_up: batch, ..nothing };
        }
        let (left, right) = batch.split_at(batch.len() / 2);
        self.subscribe(left);
        self.subscribe(right);
        nothing
    }

    /// Which request an answer belongs to. Some refusals do not repeat its name: then it is the one that holds a
    /// topic they name, or else the oldest, as requests are answered in order.
    fn place(&self, answer: &Answer) -> Option<usize> {
        if let Some(id) = &answer.request {
            return self.pending.iter().position(|(pending, _)| pending == id);
        }
        let named = |(_, batch): &(String, Vec<Topic>)| batch.iter().any(|topic| names(&answer.message, *topic));
        self.pending.iter().position(named).or((!self.pending.is_empty()).then_some(0))
    }
}

/// Whether words name a topic, as a whole and not as the beginning of a longer one.
fn names(words: &str, topic: Topic) -> bool {
    let of_a_symbol = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    words.split(|c| !of_a_symbol(c)).any(|word| word == topic.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bybit::topic::Channel;

    fn topic(symbol: &str) -> Topic {
        Topic { channel: Channel::Ticker, symbol: Symbol::new(symbol).unwrap() }
    }

    fn refusal(request: Option<&str>, message: &str) -> Answer {
        Answer { subscribing: true, success: false, request: request.map(str::to_owned), message: message.to_owned() }
    }

    fn asked(subscriptions: &mut Subscriptions) -> Vec<(String, Vec<String>)> {
        let read = |message: &String| {
            let json: serde_json::Value = serde_json::from_str(message).unwrap();
            let args = json["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap().to_owned()).collect();
            (json["req_id"].as_str().unwrap().to_owned(), args)
        };
        subscriptions.take_outgoing().iter().map(read).collect()
    }

    #[test]
    fn a_named_topic_is_given_up_and_the_rest_asked_for_again() {
        let mut subscriptions = Subscriptions::new(10);
        let topics = [topic("AUSDT"), topic("NOSUCH"), topic("NOSUCHUSDT")];
        subscriptions.subscribe(&topics);
        let first = asked(&mut subscriptions);
        let answered = subscriptions.answered(&refusal(Some(&first[0].0), "Invalid symbol :[tickers.NOSUCH]"));
        assert_eq!((answered.granted.len(), answered.given_up), (0, vec![topic("NOSUCH")]));
        assert_eq!(asked(&mut subscriptions)[0].1, ["tickers.AUSDT", "tickers.NOSUCHUSDT"]);
    }

    #[test]
    fn a_refusal_without_a_request_name_finds_its_request_by_the_topic() {
        let mut subscriptions = Subscriptions::new(1);
        subscriptions.subscribe(&[topic("AUSDT"), topic("NOSUCH")]);
        let answered = subscriptions.answered(&refusal(None, "Invalid symbol :[tickers.NOSUCH]"));
        assert_eq!(answered.given_up, [topic("NOSUCH")]);
    }

    #[test]
    fn an_answer_to_nothing_changes_nothing() {
        let mut subscriptions = Subscriptions::new(1);
        assert_eq!(subscriptions.answered(&refusal(None, "")), Answered::default());
        assert_eq!(subscriptions.answered(&refusal(Some("77"), "")), Answered::default());
        assert!(subscriptions.take_outgoing().is_empty());
    }

    proptest! {
        /// A venue that never says which topic it dislikes still ends with exactly the good ones subscribed.
        #[test]
        fn halving_finds_every_refused_topic(good in prop::collection::vec(any::<bool>(), 1..40), per in 1_usize..20) {
            let topics: Vec<_> = (0..good.len()).map(|n| topic(&format!("S{n}"))).collect();
            let bad: Vec<String> =
                topics.iter().zip(&good).filter(|(_, good)| !**good).map(|(topic, _)| topic.to_string()).collect();
            let mut subscriptions = Subscriptions::new(per);
            subscriptions.subscribe(&topics);
            let (mut accepted, mut given_up) = (Vec::new(), Vec::new());
            loop {
                let requests = asked(&mut subscriptions);
                if requests.is_empty() {
                    break;
                }
                for (id, args) in requests {
                    let success = !args.iter().any(|arg| bad.contains(arg));
                    let answer = Answer { success, ..refusal(Some(&id), "no") };
                    let answered = subscriptions.answered(&answer);
                    given_up.extend(answered.given_up.iter().map(ToString::to_string));
                    let granted: Vec<String> = answered.granted.iter().map(ToString::to_string).collect();
                    prop_assert_eq!(&granted, if success { &args } else { const { &Vec::new() } });
                    accepted.extend(granted);
                }
            }
            given_up.sort();
            let mut bad = bad;
            bad.sort();
            prop_assert_eq!(&given_up, &bad);
            prop_assert_eq!(accepted.len() + given_up.len(), topics.len());
        }
    }
}
