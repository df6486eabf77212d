//! What the cache relies on in any shared tier: the same suite over the one in memory and over a real memcached.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{sync::Arc, time::Duration};

use cache::{
    ITEM_LIMIT,
    l2::{Added, Cas, L2, L2Error, MemoryL2, Swapped},
};
use futures_util::future::join_all;
use kit::{Chaos, Memcached, eventually};

mod kit;

const DAY: Duration = Duration::from_secs(86_400);
const FLAGS: u32 = 0x5643_0001;

macro_rules! contract {
    ($($story:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $story() {
                super::$story(std::sync::Arc::new(super::MemoryL2::new())).await;
            })+
        }

        mod chaos_in_calm_weather {
            $(#[tokio::test]
            async fn $story() {
                super::$story(super::Chaos::new(7)).await;
            })+
        }

        mod memcached {
            $(#[tokio::test]
            async fn $story() {
                let memcached = super::Memcached::start().await;
                super::$story(memcached.l2()).await;
            })+
        }
    };
}

contract!(
    what_nobody_wrote_is_absent,
    what_is_added_is_read_with_its_number_and_its_flags,
    an_add_leaves_alone_what_is_there,
    a_swap_on_the_right_number_replaces_the_item_and_gives_it_a_new_one,
    a_swap_on_an_old_number_is_lost_and_changes_nothing,
    a_swap_of_nothing_is_gone_and_makes_nothing,
    numbers_of_many_keys_come_in_their_order,
    a_number_stays_while_nobody_writes,
    bytes_come_back_as_they_went,
    the_largest_body_fits,
    an_item_that_is_too_large_is_refused_and_others_stay,
    of_many_swaps_on_one_number_one_wins,
    of_many_adds_one_wins,
    an_item_is_gone_after_its_time,
    it_says_who_it_is,
    an_item_is_replaced_by_one_of_another_size_and_the_old_one_is_nowhere,
    a_swap_that_is_too_large_leaves_no_half_of_it,
    a_long_key_and_its_neighbour_are_two,
    hundreds_of_keys_are_asked_for_at_once,
    readers_and_a_writer_at_the_same_time_see_whole_items_only,
);

async fn add(l2: &Arc<dyn L2>, key: &str, value: &[u8]) -> Cas {
    match l2.add(key, value, FLAGS, DAY).await.unwrap() {
        Added::Stored(cas) => cas,
        Added::Exists => panic!("{key} exists"),
    }
}

async fn value(l2: &Arc<dyn L2>, key: &str) -> Option<Vec<u8>> {
    l2.get(key).await.unwrap().map(|item| item.value)
}

async fn what_nobody_wrote_is_absent(l2: Arc<dyn L2>) {
    assert_eq!(l2.get("a@1").await.unwrap(), None);
    assert_eq!(l2.cas_many(&["a@1".to_owned()]).await, [Ok(None)]);
}

async fn what_is_added_is_read_with_its_number_and_its_flags(l2: Arc<dyn L2>) {
    let cas = add(&l2, "a@1", b"{}").await;
    let item = l2.get("a@1").await.unwrap().unwrap();
    assert_eq!((item.value.as_slice(), item.cas, item.flags), (b"{}".as_slice(), cas, FLAGS));
}

async fn an_add_leaves_alone_what_is_there(l2: Arc<dyn L2>) {
    let cas = add(&l2, "a@1", b"first").await;
    assert_eq!(l2.add("a@1", b"second", 7, DAY).await.unwrap(), Added::Exists);
    let item = l2.get("a@1").await.unwrap().unwrap();
    assert_eq!((item.value.as_slice(), item.cas, item.flags), (b"first".as_slice(), cas, FLAGS));
}

async fn a_swap_on_the_right_number_replaces_the_item_and_gives_it_a_new_one(l2: Arc<dyn L2>) {
    let old = add(&l2, "a@1", b"old").await;
    let Swapped::Stored(new) = l2.swap("a@1", b"new", 9, DAY, old).await.unwrap() else { panic!("not swapped") };
    assert_ne!(new, old);
    let item = l2.get("a@1").await.unwrap().unwrap();
    assert_eq!((item.value.as_slice(), item.cas, item.flags), (b"new".as_slice(), new, 9));
}

async fn a_swap_on_an_old_number_is_lost_and_changes_nothing(l2: Arc<dyn L2>) {
    let old = add(&l2, "a@1", b"old").await;
    l2.swap("a@1", b"new", FLAGS, DAY, old).await.unwrap();
    assert_eq!(l2.swap("a@1", b"late", FLAGS, DAY, old).await.unwrap(), Swapped::Lost);
    assert_eq!(value(&l2, "a@1").await.unwrap(), b"new");
}

async fn a_swap_of_nothing_is_gone_and_makes_nothing(l2: Arc<dyn L2>) {
    assert_eq!(l2.swap("a@1", b"new", FLAGS, DAY, Cas(1)).await.unwrap(), Swapped::Gone);
    assert_eq!(value(&l2, "a@1").await, None);
}

async fn numbers_of_many_keys_come_in_their_order(l2: Arc<dyn L2>) {
    let (b, d) = (add(&l2, "b@1", b"b").await, add(&l2, "d@1", b"d").await);
    let keys = ["a@1", "d@1", "c@1", "b@1"].map(str::to_owned);
    assert_eq!(l2.cas_many(&keys).await, [Ok(None), Ok(Some(d)), Ok(None), Ok(Some(b))]);
}

async fn a_number_stays_while_nobody_writes(l2: Arc<dyn L2>) {
    let cas = add(&l2, "a@1", b"a").await;
    add(&l2, "b@1", b"b").await;
    l2.get("a@1").await.unwrap();
    assert_eq!(l2.cas_many(&["a@1".to_owned()]).await, [Ok(Some(cas))]);
}

async fn bytes_come_back_as_they_went(l2: Arc<dyn L2>) {
    let bytes: Vec<u8> = b"\r\nEN\r\nms x 2\r\n".iter().copied().chain(0..=255).collect();
    add(&l2, "a@1", &bytes).await;
    assert_eq!(value(&l2, "a@1").await.unwrap(), bytes);
}

async fn the_largest_body_fits(l2: Arc<dyn L2>) {
    // A header takes less than a kibibyte.
    let bytes = vec![b'x'; ITEM_LIMIT + 1_024];
    add(&l2, "a@1", &bytes).await;
    assert_eq!(value(&l2, "a@1").await.unwrap().len(), bytes.len());
}

async fn an_item_that_is_too_large_is_refused_and_others_stay(l2: Arc<dyn L2>) {
    add(&l2, "b@1", b"b").await;
    let refused = l2.add("a@1", &vec![b'x'; MemoryL2::ITEM_LIMIT + 1], FLAGS, DAY).await;
    assert!(matches!(refused, Err(L2Error::Refused(_))), "{refused:?}");
    assert_eq!(value(&l2, "a@1").await, None);
    assert_eq!(value(&l2, "b@1").await.unwrap(), b"b");
}

async fn of_many_swaps_on_one_number_one_wins(l2: Arc<dyn L2>) {
    let old = add(&l2, "a@1", b"old").await;
    let values: Vec<Vec<u8>> = (0..16).map(|n: u8| vec![b'a' + n]).collect();
    let outcomes = join_all(values.iter().map(|value| l2.swap("a@1", value, FLAGS, DAY, old))).await;
    let winners: Vec<_> =
        outcomes.iter().zip(&values).filter(|(outcome, _)| matches!(outcome, Ok(Swapped::Stored(_)))).collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(Swapped::Lost)).count(), 15);
    assert_eq!(value(&l2, "a@1").await.as_ref(), Some(winners[0].1));
}

async fn of_many_adds_one_wins(l2: Arc<dyn L2>) {
    let outcomes = join_all((0..16).map(|_| l2.add("a@1", b"x", FLAGS, DAY))).await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(Added::Stored(_)))).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(Added::Exists)).count(), 15);
}

async fn an_item_is_gone_after_its_time(l2: Arc<dyn L2>) {
    // Shorter than memcached can count, so it gets the shortest life there is.
    l2.add("a@1", b"a", FLAGS, Duration::from_millis(1)).await.unwrap();
    assert!(value(&l2, "a@1").await.is_some());
    eventually("the item is gone", async || value(&l2, "a@1").await.is_none()).await;
}

async fn it_says_who_it_is(l2: Arc<dyn L2>) {
    let facts = l2.facts().await.unwrap();
    assert!(!l2.name().is_empty() && !facts.version.is_empty());
    assert_eq!(facts.item_limit_bytes, Some(1024 * 1024));
}

async fn an_item_is_replaced_by_one_of_another_size_and_the_old_one_is_nowhere(l2: Arc<dyn L2>) {
    let mut cas = add(&l2, "a@1", b"small").await;
    for size in [500_000, 3, 70_000] {
        let bytes = vec![b'x'; size];
        let Swapped::Stored(next) = l2.swap("a@1", &bytes, FLAGS, DAY, cas).await.unwrap() else { panic!("lost") };
        assert_eq!(value(&l2, "a@1").await.unwrap(), bytes);
        cas = next;
    }
}

async fn a_swap_that_is_too_large_leaves_no_half_of_it(l2: Arc<dyn L2>) {
    let cas = add(&l2, "a@1", b"old").await;
    let refused = l2.swap("a@1", &vec![b'x'; MemoryL2::ITEM_LIMIT + 1], FLAGS, DAY, cas).await;
    assert!(matches!(refused, Err(L2Error::Refused(_))), "{refused:?}");
    assert_eq!(value(&l2, "a@1").await, None, "memcached drops the old one, and so does every other");
    add(&l2, "a@1", b"again").await;
}

async fn a_long_key_and_its_neighbour_are_two(l2: Arc<dyn L2>) {
    let (one, two) = (format!("{}1", "k".repeat(249)), format!("{}2", "k".repeat(249)));
    add(&l2, &one, b"one").await;
    add(&l2, &two, b"two").await;
    assert_eq!(value(&l2, &one).await.unwrap(), b"one");
    assert_eq!(value(&l2, &two).await.unwrap(), b"two");
}

async fn hundreds_of_keys_are_asked_for_at_once(l2: Arc<dyn L2>) {
    let keys: Vec<String> = (0..600).map(|n| format!("k{n}@1")).collect();
    for key in keys.iter().step_by(3) {
        add(&l2, key, b"x").await;
    }
    let answers = l2.cas_many(&keys).await;
    for (place, answer) in answers.iter().enumerate() {
        assert_eq!(answer.as_ref().unwrap().is_some(), place % 3 == 0, "key {place}");
    }
}

async fn readers_and_a_writer_at_the_same_time_see_whole_items_only(l2: Arc<dyn L2>) {
    let mut cas = add(&l2, "a@1", &vec![b'0'; 100_000]).await;
    let writes = async {
        for digit in b'1'..=b'9' {
            let bytes = vec![digit; 100_000];
            let Swapped::Stored(next) = l2.swap("a@1", &bytes, FLAGS, DAY, cas).await.unwrap() else { panic!("lost") };
            cas = next;
        }
    };
    let reads = join_all((0..20).map(|_| async {
        let bytes = value(&l2, "a@1").await.unwrap();
        assert!(bytes.len() == 100_000 && bytes.iter().all(|byte| *byte == bytes[0]));
    }));
    futures_util::future::join(writes, reads).await;
    assert_eq!(value(&l2, "a@1").await.unwrap()[0], b'9');
}
