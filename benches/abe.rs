//! Attribute-based encryption, by number of attributes and shape of policy.
//!
//! Ids: `<scheme>-keygen/n` and `<scheme>-<operation>-<shape>/n` for n rows; `-cpa-` marks the
//! CPA-secure variants. Attribute hashes are cached after the first iteration, and headers are
//! decoded before decapsulation is timed. Sizes go to standard error.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use epione::abe::pang::{self, AttributeAuthority};
use epione::abe::{
    self, MasterSecretKey, PublicParameters, Scheme, UserSecretKey, VerifyEncapsulation,
    rouselakis_waters, waters,
};
use epione::algebra::codec::Canonical;
use epione::policy::{AccessPolicy, AttributeSet, Name};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::convert::Infallible;
use std::time::Duration;

const SIZES: [usize; 6] = [1, 5, 10, 20, 50, 100];

fn parsed(text: &str) -> AccessPolicy {
    text.parse().expect("the policies of this bench parse")
}

/// Returns policies with one row per name, by shape.
fn policies(names: &[String]) -> Vec<(&'static str, AccessPolicy)> {
    let n = names.len();
    let list = names.join(", ");
    let reused: Vec<&str> = (0..n).map(|i| names[i % n.min(5)].as_str()).collect();
    vec![
        ("and", parsed(&names.join(" and "))),
        ("or", parsed(&names.join(" or "))),
        ("balanced", parsed(&balanced(names, true))),
        ("half", parsed(&format!("{} of ({list})", n.div_ceil(2)))),
        ("reused", parsed(&reused.join(" and "))),
    ]
}

/// Returns a binary tree whose levels alternate between `and` and `or`.
fn balanced(names: &[String], and: bool) -> String {
    if let [name] = names {
        return name.clone();
    }
    let (left, right) = names.split_at(names.len() / 2);
    let gate = if and { "and" } else { "or" };
    format!("({}) {gate} ({})", balanced(left, !and), balanced(right, !and))
}

/// The largest ranges of each width `w`, with `2 w - 2` rows, and a number inside.
const RANGES: [(&str, &str); 3] = [
    ("x in 1..254u8", "x = 42u8"),
    ("x in 1..65534u16", "x = 42u16"),
    ("x in 1..4294967294", "x = 42"),
];

type Keygen<S> = fn(&MasterSecretKey<S>, &AttributeSet, &mut ChaCha20Rng) -> UserSecretKey<S>;

/// A scheme and its benchmark group.
struct Measured<'a, 'b, S: Scheme> {
    group: &'a mut BenchmarkGroup<'b, WallTime>,
    name: &'a str,
    parameters: PublicParameters<S>,
}

impl<S: Scheme> Measured<'_, '_, S> {
    fn time(&mut self, id: &str, n: usize, f: &mut dyn FnMut(&mut ChaCha20Rng)) {
        let rng = &mut ChaCha20Rng::seed_from_u64(2);
        let id = BenchmarkId::new(format!("{}-{id}", self.name), n);
        self.group.bench_function(id, |b| b.iter(|| f(rng)));
    }

    /// Times the CPA-secure variant.
    fn cpa(&mut self, user: &UserSecretKey<S>, shape: &str, policy: &AccessPolicy) {
        let (n, parameters) = (policy.counts().0, self.parameters.clone());
        let encapsulate = |rng: &mut ChaCha20Rng| {
            abe::try_encapsulate_cpa(&parameters, policy, rng)
                .expect("the parameters cover the policy")
        };
        self.time(&format!("encapsulate-cpa-{shape}"), n, &mut |rng| drop(encapsulate(rng)));
        let (header, _) = encapsulate(&mut ChaCha20Rng::seed_from_u64(4));
        self.size(&format!("encapsulate-cpa-{shape}"), policy, &header.to_bytes());
        self.time(&format!("decapsulate-cpa-{shape}"), n, &mut |_| {
            drop(abe::decapsulate_cpa(user, &header));
        });
    }

    fn size(&self, id: &str, policy: &AccessPolicy, header: &[u8]) {
        let (n, text) = (policy.counts().0, policy.to_string().len());
        eprintln!("{}-{id}/{n}: {} bytes, {text} of them the policy", self.name, header.len());
    }
}

impl<S: VerifyEncapsulation<Error = Infallible>> Measured<'_, '_, S> {
    /// Times the CCA-secure variant.
    fn cca(&mut self, user: &UserSecretKey<S>, shape: &str, policy: &AccessPolicy) {
        let (n, parameters) = (policy.counts().0, self.parameters.clone());
        self.time(&format!("encapsulate-{shape}"), n, &mut |rng| {
            drop(abe::encapsulate(&parameters, policy, b"", rng));
        });
        let rng = &mut ChaCha20Rng::seed_from_u64(4);
        let (header, _) = abe::encapsulate(&parameters, policy, b"", rng);
        self.size(&format!("encapsulate-{shape}"), policy, &header.to_bytes());
        self.time(&format!("decapsulate-{shape}"), n, &mut |_| {
            drop(abe::decapsulate(&parameters, user, b"", &header));
        });
    }

    /// Times key generation and every shape and size of policy.
    fn all(&mut self, master: &MasterSecretKey<S>, keygen: Keygen<S>) {
        for n in SIZES {
            let names: Vec<String> = (0..n).map(|i| format!("attribute:{i}")).collect();
            let user = self.key("keygen", n, master, keygen, &names.join(", "));
            for (shape, policy) in policies(&names) {
                self.cca(&user, shape, &policy);
                if shape == "and" {
                    self.cpa(&user, shape, &policy);
                }
            }
        }
        for (range, held) in RANGES {
            let policy = parsed(range);
            let user = self.key("keygen-number", policy.counts().0, master, keygen, held);
            self.cca(&user, "range", &policy);
        }
    }

    fn key(
        &mut self,
        id: &str,
        n: usize,
        master: &MasterSecretKey<S>,
        keygen: Keygen<S>,
        held: &str,
    ) -> UserSecretKey<S> {
        let attributes: AttributeSet = held.parse().expect("attributes");
        self.time(id, n, &mut |rng| drop(keygen(master, &attributes, rng)));
        let user = keygen(master, &attributes, &mut ChaCha20Rng::seed_from_u64(3));
        eprintln!("{}-{id}/{n}: {} bytes", self.name, user.to_secret_bytes().len());
        user
    }
}

/// Measures multi-authority ABE with all attributes from one authority.
fn multi_authority(group: &mut BenchmarkGroup<'_, WallTime>) {
    let (parameters, master) = rouselakis_waters::setup("H", &mut ChaCha20Rng::seed_from_u64(1));
    let mut measured = Measured { group, name: "rouselakis-waters", parameters };
    for n in [10, 50] {
        let names: Vec<String> = (0..n).map(|i| format!("attribute:{i}@H")).collect();
        let set: AttributeSet = names.join(", ").parse().expect("attributes");
        let keygen = |rng: &mut ChaCha20Rng| {
            rouselakis_waters::keygen(&master, "Ada", &set, rng)
                .expect("attributes of this authority")
        };
        measured.time("keygen", n, &mut |rng| drop(keygen(rng)));
        let user = keygen(&mut ChaCha20Rng::seed_from_u64(3));
        measured.cpa(&user, "and", &parsed(&names.join(" and ")));
    }
}

/// Measures revocable ABE with one attribute authority per row. A revocation issues new components
/// to all remaining holders.
fn revocable(group: &mut BenchmarkGroup<'_, WallTime>) {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut parameters, master) = pang::setup(rng);
    let mut user = pang::enrol(&master, "Ada").expect("an identifier");
    let names: Vec<String> = (0..50).map(|i| format!("attribute:{i}")).collect();
    let share = |gid: &str, x: &Name| {
        let share = pang::key_share(&master, gid, x).expect("an identifier");
        share.verify().expect("an honest share")
    };
    let mut last = None;
    for name in &names {
        let x = Name::new(name.as_str()).expect("a name");
        let mut authority = AttributeAuthority::new(x.clone(), rng);
        let component = authority.issue(share("Ada", &x)).expect("an attribute of this authority");
        user =
            user.with_component(&component, &authority.public_key()).expect("an honest component");
        parameters = parameters.with_attribute_key(&authority.public_key()).expect("one key");
        last = Some(authority);
    }
    let mut measured = Measured { group, name: "pang", parameters };
    for n in [10, 50] {
        measured.cpa(&user, "and", &parsed(&names[..n].join(" and ")));
    }
    let mut authority = last.expect("at least one authority");
    for i in 0..100 {
        let share = share(&format!("user {i}"), &authority.attribute().clone());
        authority.issue(share).expect("an attribute of this authority");
    }
    measured.time("rekey-and-issue", 101, &mut |rng| {
        authority.rekey(rng);
        drop(authority.components());
    });
}

fn schemes(c: &mut Criterion) {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let mut group = c.benchmark_group("abe");
    group.bench_function("fabeo-setup", |b| b.iter(|| abe::setup(rng)));
    let (parameters, master) = abe::setup(rng);
    Measured { group: &mut group, name: "fabeo", parameters }.all(&master, abe::keygen);
    let (parameters, master) = waters::setup(rng);
    Measured { group: &mut group, name: "waters", parameters }.all(&master, waters::keygen);
    multi_authority(&mut group);
    revocable(&mut group);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = schemes
}
criterion_main!(benches);
