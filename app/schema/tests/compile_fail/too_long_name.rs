const NAME: schema::Name =
    schema::Name::new("market:a-name-of-more-than-sixty-four-bytes-that-would-leave-no-room-for-scopes");

fn main() {
    println!("{NAME}");
}
