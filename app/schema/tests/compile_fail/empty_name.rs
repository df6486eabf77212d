//! The ancestor wrote its whole market under the empty key.

const NAME: schema::Name = schema::Name::new("");

fn main() {
    println!("{NAME}");
}
