//! Asking for streams: in batches, and again in smaller ones when a request is refused.

use std::collections::VecDeque;

use schema::Symbol;

use super::topic::Topic;

/// What an answer to a request brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answered {
    /// Streams that are sent from now on.
    pub(super) granted: Vec<Topic>,
    /// The stream that is not to be had on this connection.
    pub(super) given_up: Option<Topic>,
}

/// The requests of one connection.
#[derive(Debug)]
pub(super) struct Subscriptions {
    per_request: usize,
    next: u64,
    /// Requests to subscribe that wait for their answer, oldest first.
    pending: VecDeque<(u64, Vec<Topic>)>,
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

    /// Asks for streams.
    pub(super) fn subscribe(&mut self, topics: &[Topic]) {
        for batch in topics.chunks(self.per_request) {
            let id = self.send("SUBSCRIBE", batch);
            if self.pending.len() == Self::PENDING_MAX {
                self.pending.pop_front();
            }
            self.pending.push_back((id, batch.to_vec()));
        }
    }

    /// Gives streams back.
    pub(super) fn unsubscribe(&mut self, topics: &[Topic]) {
        for batch in topics.chunks(self.per_request) {
            self.send("UNSUBSCRIBE", batch);
        }
    }

    fn send(&mut self, method: &str, topics: &[Topic]) -> u64 {
        self.next += 1;
        let params: Vec<_> = topics.iter().map(ToString::to_string).collect();
        let message = serde_json::json!({ "method": method, "params": params, "id": self.next });
        self.outgoing.push(message.to_string());
        self.next
    }

    /// Takes an answer. A refused request is halved until the refused stream is alone, because the refusal does not name it.
    pub(super) fn answered(&mut self, request: Option<u64>, refused: bool) -> Answered {
        let nothing = Answered { granted: Vec::new(), given_up: None };
        let place = self.pending.iter().position(|(id, _)| Some(*id) == request);
        let Some((_, batch)) = place.and_then(|place| self.pending.remove(place)) else { return nothing };
        match (refused, &batch[..]) {
            (false, _) => Answered { granted: batch, ..nothing },
            (true, []) => nothing,
            (true, [topic]) => Answered { given_up: Some(*topic), ..nothing },
            (true, _) => {
                let (left, right) = batch.split_at(batch.len() / 2);
                self.subscribe(left);
                self.subscribe(right);
                nothing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binance::topic::Channel;

    #[test]
    fn halving_finds_the_refused_stream_and_keeps_the_others() {
        let topics: Vec<_> = ["AUSDT", "BUSDT", "CUSDT", "DUSDT", "EUSDT"]
            .iter()
            .map(|text| Topic { channel: Channel::Trades, symbol: Symbol::new(text).unwrap() })
            .collect();
        let mut subscriptions = Subscriptions::new(200);
        subscriptions.subscribe(&topics);
        let (mut accepted, mut given_up) = (Vec::new(), Vec::new());
        loop {
            let messages = subscriptions.take_outgoing();
            if messages.is_empty() {
                break;
            }
            for message in messages {
                let json: serde_json::Value = serde_json::from_str(&message).unwrap();
                let params: Vec<_> = json["params"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
                let refused = params.contains(&"cusdt@aggTrade");
                let answered = subscriptions.answered(json["id"].as_u64(), refused);
                accepted.extend(answered.granted.iter().map(ToString::to_string));
                given_up.extend(answered.given_up);
            }
        }
        accepted.sort();
        assert_eq!(accepted, ["ausdt@aggTrade", "busdt@aggTrade", "dusdt@aggTrade", "eusdt@aggTrade"]);
        assert_eq!(given_up, [topics[2]]);
        for unknown in [Some(99), None] {
            assert_eq!(subscriptions.answered(unknown, true), Answered { granted: vec![], given_up: None });
        }
    }
}
