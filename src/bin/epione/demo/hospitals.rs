//! The hospitals that run the ledger: invented names at the coordinates of real cities.

use epione::consensus::Location;

/// A hospital with its coordinates and a rating from 0 to 100.
pub(super) struct Hospital {
    pub(super) name: String,
    pub(super) location: Location,
    pub(super) rating: u32,
}

#[rustfmt::skip]
const HOSPITALS: [(&str, i32, i32, u32); 16] = [
    ("Harbour University Hospital, Hamburg",   53_551_000,  9_994_000, 92),
    ("Linden Clinic, Hanover",                 52_375_000,  9_732_000, 74),
    ("Weser General, Bremen",                  53_079_000,  8_802_000, 69),
    ("Charlotten Stroke Centre, Berlin",       52_520_000, 13_405_000, 95),
    ("Isar University Hospital, Munich",       48_137_000, 11_575_000, 94),
    ("Frauentor Clinic, Nuremberg",            49_453_000, 11_077_000, 71),
    ("Neckar General, Stuttgart",              48_775_000,  9_182_000, 78),
    ("Danube Hospital, Vienna",                48_208_000, 16_373_000, 90),
    ("Saint Genevieve Hospital, Paris",        48_856_000,  2_352_000, 93),
    ("Two Rivers Hospital, Lyon",              45_764_000,  4_835_000, 80),
    ("Old Port Hospital, Marseille",           43_296_000,  5_370_000, 72),
    ("Canal Clinic, Lille",                    50_629_000,  3_057_000, 66),
    ("Retiro University Hospital, Madrid",     40_416_000, -3_703_000, 88),
    ("Turia Hospital, Valencia",               39_469_000,   -376_000, 70),
    ("Giralda Clinic, Seville",                37_389_000, -5_984_000, 68),
    ("Montjuic Hospital, Barcelona",           41_385_000,  2_173_000, 86),
];

/// Returns the first `count` hospitals. Beyond 16, they are branches: number `k` of a hospital lies
/// `k / 10` degrees north and east of it.
pub(super) fn hospitals(count: u16) -> Vec<Hospital> {
    let hospital = |i: usize| {
        let (name, latitude, longitude, rating) = HOSPITALS[i % HOSPITALS.len()];
        let branch = i / HOSPITALS.len();
        let name = if branch == 0 { name.to_owned() } else { format!("{name}, branch {branch}") };
        let offset = 100_000 * branch as i32;
        let location = Location { latitude: latitude + offset, longitude: longitude + offset };
        Hospital { name, location, rating: rating.saturating_sub(branch as u32) }
    };
    (0..usize::from(count)).map(hospital).collect()
}
