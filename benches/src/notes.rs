//! Clinical notes of a wanted size, each a little different, so that no cache answers for the work.

const SENTENCES: [&str; 8] = [
    "{name} is a 57-year-old man seen on {date} for chest tightness on exertion that resolves with rest. ",
    "Blood pressure 142/88, heart rate 76, oxygen saturation 97% on room air, weight 84.2 kg. ",
    "MRN {number}; reachable at (555) 555-01{two} in the evening. ",
    "Troponin was negative twice and the electrocardiogram showed no acute ST changes. ",
    "He takes metoprolol 25 mg twice daily, atorvastatin 40 mg at night and aspirin 81 mg daily. ",
    "His wife reports that he walks two blocks before he has to stop and that he sleeps on one pillow. ",
    "Plan: stress echocardiogram within the week, continue beta blocker, return precautions given. ",
    "Lungs are clear, no peripheral oedema, no murmur; abdomen soft and not tender to palpation. ",
];
const NAMES: [&str; 6] = [
    "James Whitfield",
    "Robert Delgado",
    "Thomas Nguyen",
    "Walter Kowalski",
    "Samuel Adeyemi",
    "Peter Lindqvist",
];

/// A note of at least `bytes` bytes; `seed` chooses its values.
pub(crate) fn note(seed: usize, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 128);
    let mut index = seed;
    while text.len() < bytes {
        let sentence = SENTENCES
            .get(index % SENTENCES.len())
            .copied()
            .unwrap_or_default();
        let name = NAMES
            .get((seed + index / 8) % NAMES.len())
            .copied()
            .unwrap_or_default();
        text += &sentence
            .replace("{name}", name)
            .replace(
                "{date}",
                &format!("{:02}/{:02}/2024", seed % 12 + 1, index % 28 + 1),
            )
            .replace(
                "{number}",
                &format!("{:07}", 1_000_000 + seed * 37 % 8_999_999),
            )
            .replace("{two}", &format!("{:02}", index % 100));
        index += 1;
    }
    text
}
