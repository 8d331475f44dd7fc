//! Names, places and hospitals: from frequencies and populations to weights of 0 to 15 on a log scale.

use std::collections::{BTreeMap, BTreeSet};

use super::csv;
use super::format::{Sort, Weights};
use super::table::{Table, Weight, words};

/// Adds a Census 1990 list of names with their share in per cent; returns the number of names.
pub(crate) fn census(table: &mut Table, text: &str, weight: Weight) -> usize {
    let mut count = 0;
    for (rank, line) in text.lines().enumerate() {
        let mut fields = line.split_whitespace();
        let (Some(name), Some(share)) = (fields.next(), fields.next()) else {
            continue;
        };
        // "2.629" per cent is 2629 thousandths; the rarest have 0.001 or, of surnames, less.
        let thousandths: u32 = share.replace('.', "").parse().unwrap_or(0);
        let value = match thousandths {
            0 if rank < 40_000 => 2,
            0 => 1,
            some => 3 + some.ilog2(),
        };
        table.raise(name, weight, value);
        count += 1;
    }
    count
}

/// Adds a list of the most common names, each with its share as a fraction.
pub(crate) fn top(table: &mut Table, text: &str, weight: Weight) -> usize {
    let rows = csv::rows(text);
    for row in rows.iter().skip(1) {
        if let [_, name, ..] = row.as_slice() {
            table.raise(name, weight, 10);
        }
    }
    rows.len().saturating_sub(1)
}

/// Adds the unisex names, each with the number of people who have it.
pub(crate) fn unisex(table: &mut Table, text: &str) -> usize {
    let rows = csv::rows(text);
    for row in rows.iter().skip(1) {
        if let [_, name, total, ..] = row.as_slice() {
            let people: u32 = total
                .split('.')
                .next()
                .and_then(|whole| whole.parse().ok())
                .unwrap_or(0);
            // 3,200 people are about a thousandth of a per cent.
            table.raise(name, Weight::Given, 3 + (people / 3_200).max(1).ilog2());
        }
    }
    rows.len().saturating_sub(1)
}

/// ZIP codes and where they are, until their population is known.
#[derive(Default)]
pub(crate) struct Places {
    city_of_zip: BTreeMap<String, (String, String)>,
}

impl Places {
    /// Adds ZIP codes, cities and counties; returns the number of rows.
    pub(crate) fn zips(&mut self, table: &mut Table, text: &str) -> usize {
        let rows = csv::rows(text);
        for row in rows.iter().skip(1) {
            let [_, _, state, zip, county, city] = row.as_slice() else {
                continue;
            };
            // Cities the source has only as "Zcta 350hh" are areas of water.
            if city.is_empty() || city.starts_with("Zcta") {
                continue;
            }
            table.raise(zip, Weight::Place, 1);
            table.raise(city, Weight::Place, 1);
            table.mark(county, Sort::County);
            self.city_of_zip
                .insert(zip.clone(), (state.clone(), city.clone()));
        }
        rows.len().saturating_sub(1)
    }

    /// Adds the populations to the cities; returns the number of ZIP codes.
    pub(crate) fn population(&mut self, table: &mut Table, text: &str) -> usize {
        let mut people: BTreeMap<&(String, String), u32> = BTreeMap::new();
        let mut count = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((zip, population)) = line.split_once(',') else {
                continue;
            };
            table.raise(zip, Weight::Place, 1);
            count += 1;
            if let Some(city) = self.city_of_zip.get(zip) {
                *people.entry(city).or_default() += population.trim().parse().unwrap_or(0);
            }
        }
        for ((_, city), population) in people {
            table.raise(
                city,
                Weight::Place,
                (population + 1).ilog2().saturating_sub(8).max(1),
            );
        }
        count
    }
}

/// Adds the hospitals: names without their head noun, and words that many names share; returns the number of rows.
pub(crate) fn hospitals(table: &mut Table, text: &str) -> usize {
    let rows = csv::rows(text);
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    let mut stems = BTreeSet::new();
    for row in rows.iter().skip(1) {
        let Some(name) = row.get(1) else { continue };
        let name: Vec<&str> = words(name).collect();
        for word in &name {
            *uses.entry((*word).to_owned()).or_default() += 1;
        }
        let stem = stem(table, &name);
        if (2..=4).contains(&stem.len()) && stem.iter().all(|word| word.len() > 1) {
            stems.insert(stem.join(" "));
        }
    }
    for stem in stems
        .iter()
        .filter(|stem| is_distinct(table, stem))
        .collect::<Vec<_>>()
    {
        table.mark(stem, Sort::Facility);
    }
    for (word, _) in uses
        .iter()
        .filter(|(word, uses)| **uses >= 3 && word.len() > 2)
    {
        table.mark(word, Sort::FacilityWord);
    }
    rows.len().saturating_sub(1)
}

/// Returns the words before the first head noun.
fn stem<'a>(table: &Table, name: &[&'a str]) -> Vec<&'a str> {
    let generic = [
        "REGIONAL",
        "COMMUNITY",
        "MEMORIAL",
        "GENERAL",
        "UNIVERSITY",
        "COUNTY",
        "THE",
        "OF",
        "DISTRICT",
        "AREA",
        "VALLEY",
    ];
    let head = |word: &&&str| {
        !Weights(table.packed(word)).is(Sort::FacilityHead)
            && !matches!(**word, "MEDICAL" | "HEALTH" | "HOSPITAL")
    };
    let stem: Vec<&str> = name.iter().take_while(head).copied().collect();
    if stem.len() == name.len() || stem.iter().all(|word| generic.contains(word)) {
        Vec::new()
    } else {
        stem
    }
}

/// A stem that is also a city, a state or full of everyday words would flag plain text.
fn is_distinct(table: &Table, stem: &str) -> bool {
    let packed: Vec<Weights> = words(stem)
        .map(|word| Weights(table.packed(word)))
        .collect();
    let whole = Weights(table.packed(stem));
    whole.place() == 0
        && !whole.any(&[Sort::State, Sort::Country, Sort::County, Sort::NotName])
        && !packed.iter().any(|word| {
            word.any(&[
                Sort::State,
                Sort::Country,
                Sort::StreetSuffix,
                Sort::Particle,
            ])
        })
        && packed
            .first()
            .is_some_and(|word| word.place() == 0 || word.is(Sort::Facility))
}
