//! Published test values, for checkouts without the external data.

/// RFC 9380, J.9.1, `BLS12381G1_XMD:SHA-256_SSWU_RO_`: message and point, compressed.
pub(crate) const HASH_TO_G1: [(&str, &str); 3] = [
    (
        "",
        concat!(
            "852926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4",
            "e8cf62d9c09db0fac349612b759e79a1"
        ),
    ),
    (
        "abc",
        concat!(
            "83567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3a",
            "ee664ba5379a7655d3c68900be2f6903"
        ),
    ),
    (
        "abcdef0123456789",
        concat!(
            "91e0b079dea29a68f0383ee94fed1b940995272407e3bb916bbf268c263ddd57",
            "a6a27200a784cbc248e84f357ce82d98"
        ),
    ),
];

/// RFC 9380, J.10.1, `BLS12381G2_XMD:SHA-256_SSWU_RO_`: message and point, compressed.
pub(crate) const HASH_TO_G2: [(&str, &str); 3] = [
    (
        "",
        concat!(
            "a5cb8437535e20ecffaef7752baddf98034139c38452458baeefab379ba13dff",
            "5bf5dd71b72418717047f5b0f37da03d0141ebfbdca40eb85b87142e130ab689",
            "c673cf60f1a3e98d69335266f30d9b8d4ac44c1038e9dcdd5393faf5c41fb78a"
        ),
    ),
    (
        "abc",
        concat!(
            "939cddbccdc5e91b9623efd38c49f81a6f83f175e80b06fc374de9eb4b41dfe4",
            "ca3a230ed250fbe3a2acf73a41177fd802c2d18e033b960562aae3cab37a27ce",
            "00d80ccd5ba4b7fe0e7a210245129dbec7780ccc7954725f4168aff2787776e6"
        ),
    ),
    (
        "abcdef0123456789",
        concat!(
            "990d119345b94fbd15497bcba94ecf7db2cbfd1e1fe7da034d26cbba169fb396",
            "8288b3fafb265f9ebd380512a71c3f2c121982811d2491fde9ba7ed31ef9ca47",
            "4f0e1501297f68c298e9f4c0028add35aea8bb83d53c08cfc007c1e005723cd0"
        ),
    ),
];

/// RFC 9380, K.1, `expand_message_xmd` with SHA-256: message, length, output.
pub(crate) const EXPAND: [(&str, usize, &str); 4] = [
    ("", 32, "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235"),
    ("abc", 32, "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615"),
    ("abcdef0123456789", 32, "eff31487c770a893cfb36f912fbfcbff40d5661771ca4b2cb4eafe524333f5c1"),
    (
        "abc",
        128,
        concat!(
            "abba86a6129e366fc877aab32fc4ffc70120d8996c88aee2fe4b32d6c7b6437a",
            "647e6c3163d40b76a73cf6a5674ef1d890f95b664ee0afa5359a5c4e07985635",
            "bbecbac65d747d3d2da7ec2b8221b17b0ca9dc8a1ac1c07ea6a1e60583e2cb00",
            "058e77b7b72a298425cd1b941ad4ec65e8afc50303a22c0f99b0509b4c895f40"
        ),
    ),
];

/// Multiples of the generator of G1 in ZCash format.
pub(crate) const MULTIPLES_G1: [(u64, &str); 5] = [
    (
        1,
        concat!(
            "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58",
            "6c55e83ff97a1aeffb3af00adb22c6bb"
        ),
    ),
    (
        2,
        concat!(
            "a572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62a",
            "e28f75bb8f1c7c42c39a8c5529bf0f4e"
        ),
    ),
    (
        3,
        concat!(
            "89ece308f9d1f0131765212deca99697b112d61f9be9a5f1f3780a51335b3ff9",
            "81747a0b2ca2179b96d2c0c9024e5224"
        ),
    ),
    (
        4,
        concat!(
            "ac9b60d5afcbd5663a8a44b7c5a02f19e9a77ab0a35bd65809bb5c67ec582c89",
            "7feb04decc694b13e08587f3ff9b5b60"
        ),
    ),
    (
        999,
        concat!(
            "b94ba65546846b439edbfc9da84c1c2d2af3d0ede8c88ec50fce2e1c3f782e93",
            "2205982683f0802a4dce313610bbb2db"
        ),
    ),
];

/// Multiples of the generator of G2 in ZCash format.
pub(crate) const MULTIPLES_G2: [(u64, &str); 5] = [
    (
        1,
        concat!(
            "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049",
            "334cf11213945d57e5ac7d055d042b7e024aa2b2f08f0a91260805272dc51051",
            "c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
        ),
    ),
    (
        2,
        concat!(
            "aa4edef9c1ed7f729f520e47730a124fd70662a904ba1074728114d1031e1572",
            "c6c886f6b57ec72a6178288c47c335771638533957d540a9d2370f17cc7ed586",
            "3bc0b995b8825e0ee1ea1e1e4d00dbae81f14b0bf3611b78c952aacab827a053"
        ),
    ),
    (
        3,
        concat!(
            "89380275bbc8e5dcea7dc4dd7e0550ff2ac480905396eda55062650f8d251c96",
            "eb480673937cc6d9d6a44aaa56ca66dc122915c824a0857e2ee414a3dccb23ae",
            "691ae54329781315a0c75df1c04d6d7a50a030fc866f09d516020ef82324afae"
        ),
    ),
    (
        4,
        concat!(
            "870227d3f13684fdb7ce31b8065ba3acb35f7bde6fe2ddfefa359f8b35d08a9a",
            "b9537b43e24f4ffb720b5a0bda2a82f20e7a30979a8853a077454eb63b8dcee7",
            "5f106221b262886bb8e01b0abb043368da82f60899cc1412e33e4120195fc557"
        ),
    ),
    (
        999,
        concat!(
            "b58f8116e02e856737dfccdad0a7f100f813c36f9a35349e7ea62facb2824c92",
            "77bd34e6581df83deaf3c126e712f15e0b2fd8eb8ae8e2df5281e47abf6334ca",
            "1ec378061143ce7c1c804ad9c409c42dab34c78d9d7904a8754cb2817a93c7ea"
        ),
    ),
];

/// draft-irtf-cfrg-pairing-friendly-curves, appendix B: `e(g1, g2)` of its optimal ate pairing.
pub(crate) const PAIRING_OF_GENERATORS: [&str; 12] = [
    concat!(
        "11619b45f61edfe3b47a15fac19442526ff489dcda25e59121d9931438907dfd",
        "448299a87dde3a649bdba96e84d54558"
    ),
    concat!(
        "153ce14a76a53e205ba8f275ef1137c56a566f638b52d34ba3bf3bf22f277d70",
        "f76316218c0dfd583a394b8448d2be7f"
    ),
    concat!(
        "095668fb4a02fe930ed44767834c915b283b1c6ca98c047bd4c272e9ac3f3ba6",
        "ff0b05a93e59c71fba77bce995f04692"
    ),
    concat!(
        "16deedaa683124fe7260085184d88f7d036b86f53bb5b7f1fc5e248814782065",
        "413e7d958d17960109ea006b2afdeb5f"
    ),
    concat!(
        "09c92cf02f3cd3d2f9d34bc44eee0dd50314ed44ca5d30ce6a9ec0539be7a86b",
        "121edc61839ccc908c4bdde256cd6048"
    ),
    concat!(
        "111061f398efc2a97ff825b04d21089e24fd8b93a47e41e60eae7e9b2a38d54f",
        "a4dedced0811c34ce528781ab9e929c7"
    ),
    concat!(
        "01ecfcf31c86257ab00b4709c33f1c9c4e007659dd5ffc4a735192167ce19705",
        "8cfb4c94225e7f1b6c26ad9ba68f63bc"
    ),
    concat!(
        "08890726743a1f94a8193a166800b7787744a8ad8e2f9365db76863e894b7a11",
        "d83f90d873567e9d645ccf725b32d26f"
    ),
    concat!(
        "0e61c752414ca5dfd258e9606bac08daec29b3e2c57062669556954fb227d3f1",
        "260eedf25446a086b0844bcd43646c10"
    ),
    concat!(
        "0fe63f185f56dd29150fc498bbeea78969e7e783043620db33f75a05a0a2ce5c",
        "442beaff9da195ff15164c00ab66bdde"
    ),
    concat!(
        "10900338a92ed0b47af211636f7cfdec717b7ee43900eee9b5fc24f0000c5874",
        "d4801372db478987691c566a8c474978"
    ),
    concat!(
        "1454814f3085f0e6602247671bc408bbce2007201536818c901dbd4d2095dd86",
        "c1ec8b888e59611f60a301af7776be3d"
    ),
];

/// `(p - 1) / 2`: a larger `y` has the sign flag.
pub(crate) const HALF: &str = concat!(
    "0d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fff",
    "ffffd555"
);

/// `p`, the modulus of the base field.
pub(crate) const MODULUS: &str = concat!(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffff",
    "ffffaaab"
);
