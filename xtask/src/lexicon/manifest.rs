//! The manifest: for each source its name, vintage, licence, attribution, digest, and what was taken.

use std::fmt::Write as _;

/// One public list or corpus, and what is said about it.
pub(crate) struct Source {
    pub(crate) file: &'static str,
    pub(crate) name: &'static str,
    pub(crate) vintage: &'static str,
    pub(crate) licence: &'static str,
    pub(crate) attribution: &'static str,
    pub(crate) taken: &'static str,
}

/// A source that was read.
pub(crate) struct Read {
    pub(crate) source: &'static Source,
    pub(crate) sha256: String,
    pub(crate) count: usize,
}

/// Returns the manifest's text.
pub(crate) fn text(
    artefact: (&str, usize, usize),
    sources: &[Read],
    lists: &[(String, String, usize)],
) -> String {
    let (digest, bytes, entries) = artefact;
    let mut text = String::from(
        "# Where the compiled lexicon comes from. Written by `cargo xtask lexicon`; do not edit.\n\
         # The lists themselves are not part of the product; the artefact holds no words, only keys and weights.\n\n",
    );
    let _ = write!(
        text,
        "[artefact]\nfile = \"lexicon.bin\"\nsha256 = \"{digest}\"\nbytes = {bytes}\nentries = {entries}\n"
    );
    for Read {
        source,
        sha256,
        count,
    } in sources
    {
        let _ = write!(
            text,
            "\n[[source]]\nname = {:?}\nfile = {:?}\nvintage = {:?}\nlicence = {:?}\nattribution = {:?}\nsha256 = {sha256:?}\ntaken = {:?}\ncount = {count}\n",
            source.name,
            source.file,
            source.vintage,
            source.licence,
            source.attribution,
            source.taken,
        );
    }
    for (file, sha256, count) in lists {
        let _ = write!(
            text,
            "\n[[source]]\nname = \"our own list\"\nfile = \"lists/{file}\"\nlicence = \"Apache-2.0\"\nattribution = \"written for this project\"\nsha256 = {sha256:?}\ntaken = \"every entry\"\ncount = {count}\n",
        );
    }
    text
}

/// Every public source, in the order in which it is read.
pub(crate) const SOURCES: [Source; 17] = [
    Source {
        file: "gazetteers/names/dist.all.last",
        name: "Census 1990 surnames",
        vintage: "1990",
        licence: "public domain (work of the United States government)",
        attribution: "U.S. Census Bureau",
        taken: "weight of each surname on a log scale of its frequency",
    },
    Source {
        file: "gazetteers/names/dist.female.first",
        name: "Census 1990 female given names",
        vintage: "1990",
        licence: "public domain (work of the United States government)",
        attribution: "U.S. Census Bureau",
        taken: "weight of each given name on a log scale of its frequency",
    },
    Source {
        file: "gazetteers/names/dist.male.first",
        name: "Census 1990 male given names",
        vintage: "1990",
        licence: "public domain (work of the United States government)",
        attribution: "U.S. Census Bureau",
        taken: "weight of each given name on a log scale of its frequency",
    },
    Source {
        file: "gazetteers/names/new-top-firstNames.csv",
        name: "Most common given names",
        vintage: "2013",
        licence: "CC BY 4.0",
        attribution: "FiveThirtyEight",
        taken: "weight of each given name",
    },
    Source {
        file: "gazetteers/names/new-top-surnames.csv",
        name: "Most common surnames",
        vintage: "2013",
        licence: "CC BY 4.0",
        attribution: "FiveThirtyEight",
        taken: "weight of each surname",
    },
    Source {
        file: "gazetteers/names/unisex_names_table.csv",
        name: "Unisex given names",
        vintage: "2013",
        licence: "CC BY 4.0",
        attribution: "FiveThirtyEight",
        taken: "weight of each given name",
    },
    Source {
        file: "gazetteers/places/geo-data.csv",
        name: "ZIP codes with city and county",
        vintage: "2000",
        licence: "public domain (work of the United States government)",
        attribution: "U.S. Census Bureau",
        taken: "names of cities and counties, ZIP codes",
    },
    Source {
        file: "gazetteers/places/zip-code-population.csv",
        name: "Population of ZIP code areas",
        vintage: "2020",
        licence: "public domain (work of the United States government)",
        attribution: "U.S. Census Bureau",
        taken: "ZIP codes; weight of each city on a log scale of its population",
    },
    Source {
        file: "gazetteers/hospitals/hospital-data.csv",
        name: "Hospital Compare, general information",
        vintage: "2012",
        licence: "public domain (work of the United States government)",
        attribution: "Centers for Medicare & Medicaid Services",
        taken: "names of hospitals without their head noun; words that occur in three or more of them",
    },
    Source {
        file: "text/medquad_phi_free_dev.jsonl",
        name: "MedQuAD, a part",
        vintage: "2019",
        licence: "CC BY 4.0",
        attribution: "Asma Ben Abacha and Dina Demner-Fushman",
        taken: "how often each word is written in lower case; words capitalised inside sentences",
    },
    Source {
        file: "text/mts-dialog/MTS-Dialog-TrainingSet.csv",
        name: "MTS-Dialog, training set",
        vintage: "2023",
        licence: "CC BY 4.0",
        attribution: "Asma Ben Abacha, Wen-wai Yim, Yadan Fan and Thomas Lin",
        taken: "how often each word is written in lower case",
    },
    Source {
        file: "text/aci-bench/train.csv",
        name: "ACI-Bench, training set",
        vintage: "2023",
        licence: "CC BY 4.0",
        attribution: "Wen-wai Yim and others",
        taken: "how often each word is written in lower case; of transcripts only words that are no given names",
    },
    Source {
        file: "text/ner/BTC/f.conll",
        name: "Broad Twitter Corpus, section F",
        vintage: "2016",
        licence: "CC BY 4.0",
        attribution: "Leon Derczynski, Kalina Bontcheva and Ian Roberts",
        taken: "how often each word outside a name is written in lower case",
    },
    Source {
        file: "text/ner/BTC/g.conll",
        name: "Broad Twitter Corpus, section G",
        vintage: "2016",
        licence: "CC BY 4.0",
        attribution: "Leon Derczynski, Kalina Bontcheva and Ian Roberts",
        taken: "how often each word outside a name is written in lower case",
    },
    Source {
        file: "text/ner/BTC/h.conll",
        name: "Broad Twitter Corpus, section H",
        vintage: "2016",
        licence: "CC BY 4.0",
        attribution: "Leon Derczynski, Kalina Bontcheva and Ian Roberts",
        taken: "how often each word outside a name is written in lower case",
    },
    Source {
        file: "text/ner/WNUT17/wnut17train.conll",
        name: "WNUT 2017 emerging entities, training set",
        vintage: "2017",
        licence: "CC BY 4.0",
        attribution: "Leon Derczynski, Eric Nichols, Marieke van Erp and Nut Limsopatham",
        taken: "how often each word outside a name is written in lower case",
    },
    Source {
        file: "text/ner/SEC-filings/FIN5.txt",
        name: "SEC filings with named entities, FIN5",
        vintage: "2015",
        licence: "CC BY 3.0",
        attribution: "Julio Cesar Salinas Alvarado, Karin Verspoor and Timothy Baldwin",
        taken: "how often each word outside a name is written in lower case",
    },
];
