//! The connections that watch symbols, and which symbols each of them watches.

use std::{collections::HashSet, fmt, ops::Range, sync::Arc};

use schema::Symbol;
use tokio::{sync::watch, task::JoinSet};

/// How many symbols share a connection.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// Symbols, at most.
    pub symbols: usize,
    /// Characters of topics, at most.
    pub chars: usize,
    /// The characters of one symbol's topics.
    pub chars_of: fn(Symbol) -> usize,
}

/// The symbols of a group of connections; it changes while they are open.
pub type WatchedSymbols = watch::Receiver<Arc<[Symbol]>>;

/// Opens the connections of a group; returns their numbers and what keeps them up. The second argument is how many
/// connections were opened at the same time before.
pub type Open = Box<dyn FnMut(WatchedSymbols, usize) -> (Range<usize>, JoinSet<()>) + Send>;

/// A running subscription; dropping it ends its connections.
pub struct Subscription {
    share: Share,
    open: Open,
    groups: Vec<Group>,
}

/// Symbols that share connections.
struct Group {
    symbols: Vec<Symbol>,
    wanted: watch::Sender<Arc<[Symbol]>>,
    /// The numbers of its connections.
    connections: Range<usize>,
    /// Ends the connections when it is dropped.
    _tasks: JoinSet<()>,
}

/// What a change of the watched symbols did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Updated {
    /// Whether other symbols are watched than before.
    pub changed: bool,
    /// The numbers of connections that were ended because none of their symbols is watched any more.
    pub ended: Vec<usize>,
}

impl Subscription {
    /// Watches symbols, in their order and each once, on connections that `open` makes.
    #[must_use]
    pub fn new(symbols: &[Symbol], share: Share, open: Open) -> Self {
        let mut subscription = Self { share, open, groups: Vec::new() };
        subscription.update(symbols);
        subscription
    }

    /// Watches exactly these symbols from now on. Those that are watched already stay on their connection and miss nothing;
    /// new ones join a connection that has room, or get one of their own.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn update(&mut self, symbols: &[Symbol]) -> Updated {
        let mut new = HashSet::new();
        let mut new: Vec<Symbol> = symbols.iter().copied().filter(|symbol| new.insert(*symbol)).collect();
        let wanted: HashSet<Symbol> = new.iter().copied().collect();
        let held: HashSet<Symbol> = self.groups.iter().flat_map(|group| group.symbols.iter().copied()).collect();
        new.retain(|symbol| !held.contains(symbol));
        let mut updated = Updated { changed: !new.is_empty(), ended: Vec::new() };
        let mut new = new.into_iter().peekable();
        for group in &mut self.groups {
            let before = group.symbols.len();
            group.symbols.retain(|symbol| wanted.contains(symbol));
            let mut changed = group.symbols.len() < before;
            while let Some(symbol) = new.next_if(|symbol| self.share.has_room(&group.symbols, *symbol)) {
                group.symbols.push(symbol);
                changed = true;
            }
            if changed {
                group.wanted.send_replace(group.symbols.as_slice().into());
            }
            updated.changed |= changed;
        }
        self.groups.retain(|group| {
            if group.symbols.is_empty() {
                updated.ended.extend(group.connections.clone());
            }
            !group.symbols.is_empty()
        });
        let mut opened = 0;
        while let Some(first) = new.next() {
            let mut symbols = vec![first];
            while let Some(symbol) = new.next_if(|symbol| self.share.has_room(&symbols, *symbol)) {
                symbols.push(symbol);
            }
            let (wanted, watched) = watch::channel(symbols.as_slice().into());
            let (connections, tasks) = (self.open)(watched, opened);
            opened += connections.len();
            self.groups.push(Group { symbols, wanted, connections, _tasks: tasks });
        }
        updated
    }

    /// The symbols that are watched.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> {
        self.groups.iter().flat_map(|group| group.symbols.iter().copied())
    }

    /// The numbers of its connections, as events name them; no other subscription of the exchange has or had them.
    pub fn numbers(&self) -> impl Iterator<Item = usize> {
        self.groups.iter().flat_map(|group| group.connections.clone())
    }

    /// Connections that are being kept up.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.numbers().count()
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections: Vec<_> = self.numbers().collect();
        f.debug_struct("Subscription").field("connections", &connections).finish_non_exhaustive()
    }
}

impl Share {
    fn has_room(&self, held: &[Symbol], symbol: Symbol) -> bool {
        let chars = |symbol: &Symbol| (self.chars_of)(*symbol);
        held.is_empty()
            || (held.len() < self.symbols && held.iter().map(chars).sum::<usize>() + chars(&symbol) <= self.chars)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::*;

    type Opened = Arc<Mutex<Vec<WatchedSymbols>>>;

    fn subscription(symbols: &[Symbol], per: usize, chars: usize) -> (Subscription, Opened) {
        let opened = Opened::default();
        let note = Arc::clone(&opened);
        let open: Open = Box::new(move |watched, _| {
            let mut all = note.lock().unwrap();
            all.push(watched);
            (2 * all.len() - 2..2 * all.len(), JoinSet::new())
        });
        let share = Share { symbols: per, chars, chars_of: |symbol| symbol.as_str().len() };
        (Subscription::new(symbols, share, open), opened)
    }

    fn symbols(numbers: impl IntoIterator<Item = u32>) -> Vec<Symbol> {
        numbers.into_iter().map(|n| Symbol::new(&format!("S{n}USDT")).unwrap()).collect()
    }

    #[test]
    fn a_swap_changes_one_group_and_opens_no_connection() {
        let (mut subscription, opened) = subscription(&symbols(0..5), 2, 1_000);
        assert_eq!(subscription.connections(), 6);
        opened.lock().unwrap().iter_mut().for_each(watch::Receiver::mark_unchanged);
        assert_eq!(subscription.update(&symbols(0..5)), Updated::default());
        let updated = subscription.update(&symbols([0, 1, 2, 9, 4]));
        assert_eq!(updated, Updated { changed: true, ended: vec![] });
        let opened = opened.lock().unwrap();
        let changed: Vec<_> = opened.iter().map(|group| group.has_changed().unwrap()).collect();
        assert_eq!(changed, [false, true, false]);
        assert_eq!(opened[1].borrow().as_ref(), symbols([2, 9]));
    }

    #[test]
    fn connections_without_symbols_end_and_are_named() {
        let (mut subscription, _) = subscription(&symbols(0..4), 2, 1_000);
        assert_eq!(subscription.update(&symbols([0, 1])), Updated { changed: true, ended: vec![2, 3] });
        assert_eq!(subscription.numbers().collect::<Vec<_>>(), [0, 1]);
    }

    proptest! {
        /// Whatever is asked for in turn: each symbol is watched on one connection, no limit is exceeded, and a symbol that
        /// stays watched never moves.
        #[test]
        fn every_symbol_is_watched_once_and_never_moves(
            rounds in prop::collection::vec(prop::collection::vec(0_u32..60, 0..60), 1..12),
            per in 1_usize..9,
            chars in 12_usize..60,
        ) {
            let (mut subscription, opened) = subscription(&[], per, chars);
            let place = |opened: &Opened, symbol: Symbol| {
                opened.lock().unwrap().iter().rposition(|group| group.borrow().contains(&symbol))
            };
            let mut before = Vec::new();
            for round in rounds {
                let wanted = symbols(round);
                let held: Vec<(Symbol, Option<usize>)> = before.iter().map(|s| (*s, place(&opened, *s))).collect();
                subscription.update(&wanted);
                let (mut watched, mut expected) = (subscription.symbols().collect::<Vec<_>>(), wanted.clone());
                watched.sort();
                expected.sort();
                expected.dedup();
                prop_assert_eq!(watched, expected);
                for group in &subscription.groups {
                    prop_assert!(group.symbols.len() <= per);
                    let chars_used: usize = group.symbols.iter().map(|symbol| symbol.as_str().len()).sum();
                    prop_assert!(group.symbols.len() == 1 || chars_used <= chars);
                    let wanted = group.wanted.borrow().to_vec();
                    prop_assert_eq!(&wanted, &group.symbols);
                }
                for (symbol, held) in held.into_iter().filter(|(symbol, _)| wanted.contains(symbol)) {
                    prop_assert_eq!(place(&opened, symbol), held, "{} moved", symbol);
                }
                before = wanted;
            }
        }
    }
}
