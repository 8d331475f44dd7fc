//! The words recognisers know, by the part they play. Data; the labels of numbers are in `recognise/labels.rs`.

use crate::term::{Flags, Terms};

/// Puts every word into the table.
pub(crate) fn fill(terms: &mut Terms) {
    for (index, spellings) in MONTHS.iter().enumerate() {
        number(terms, spellings, Flags::MONTH, index + 1);
    }
    for (index, spellings) in WEEKDAYS.iter().enumerate() {
        number(terms, spellings, Flags::WEEKDAY, index + 1);
    }
    for (value, spellings) in NUMBERS {
        number(terms, spellings, Flags::NUMBER, *value);
    }
    for (flags, words) in WORDS {
        for word in words.split_ascii_whitespace() {
            terms.add(word, *flags);
        }
    }
}

fn number(terms: &mut Terms, spellings: &str, flags: Flags, value: usize) {
    for word in spellings.split_ascii_whitespace() {
        terms.add_value(word, flags, u16::try_from(value).unwrap_or(0));
    }
}

const MONTHS: [&str; 12] = [
    "january jan",
    "february feb febr",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sept sep",
    "october oct",
    "november nov",
    "december dec",
];

const WEEKDAYS: [&str; 7] = [
    "monday mon",
    "tuesday tues tue",
    "wednesday weds wed",
    "thursday thurs thur thu",
    "friday fri",
    "saturday sat",
    "sunday sun",
];

const NUMBERS: &[(usize, &str)] = &[
    (1, "one first"),
    (2, "two second"),
    (3, "three third"),
    (4, "four fourth"),
    (5, "five fifth"),
    (6, "six sixth"),
    (7, "seven seventh"),
    (8, "eight eighth"),
    (9, "nine ninth"),
    (10, "ten tenth"),
    (11, "eleven eleventh"),
    (12, "twelve twelfth"),
    (13, "thirteen thirteenth"),
    (14, "fourteen fourteenth"),
    (15, "fifteen fifteenth"),
    (16, "sixteen sixteenth"),
    (17, "seventeen seventeenth"),
    (18, "eighteen eighteenth"),
    (19, "nineteen nineteenth"),
    (20, "twenty twentieth"),
    (30, "thirty thirtieth"),
    (40, "forty fourty"),
    (50, "fifty"),
    (60, "sixty"),
    (70, "seventy"),
    (80, "eighty"),
    (90, "ninety ninty ninetieth"),
    (100, "hundred"),
];

const WORDS: &[(Flags, &str)] = &[
    (
        Flags::STREET,
        "street streets avenue boulevard blvd lane road drive ave rd ln parkway pkwy turnpike tpke expressway \
         thoroughfare freeway causeway esplanade terrace circle cir trl driveway strasse ste",
    ),
    (
        Flags::STREET_WEAK,
        "st dr ct court place pl way square sq plaza plz trail loop alley row walk path run ridge crossing xing \
         highway hwy route crescent cres close mews mall pike point pt ter cove cv hill hills heights hts landing \
         meadow meadows view glen grove park commons green gardens bend branch bridge brook creek crest estate \
         estates extension falls ferry field fields flat flats ford forest fork forks harbor haven hollow inlet \
         island isle junction key knoll lake lakes light lodge manor mill mills mission mount mountain neck orchard \
         oval overpass pass passage pine pines plain plains port prairie ramp ranch rapids rest river shoal shore \
         shores spring springs spur station stream summit throughway trace track tunnel union valley viaduct village \
         ville vista vlg well wells circ drives avenues boul av aly byp bypass",
    ),
    (
        Flags::DIRECTION,
        "n s e w ne nw se sw north south east west northeast northwest southeast southwest",
    ),
    (
        Flags::ROAD,
        "highway hwy route rte interstate us county cr fm sr state rural",
    ),
    (
        Flags::BUILDING_UNIT,
        "apt apartment unit suite ste floor fl lot trlr trailer bldg building room rm no num penthouse ph space spc \
         dept box flat apmt appt",
    ),
    (
        Flags::STATE,
        "al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok \
         or pa ri sc sd aa ae ap tn tx ut vt va wa wv wi wy dc pr gu vi as mp alabama alaska arizona arkansas california \
         colorado connecticut delaware florida georgia hawaii idaho illinois indiana iowa kansas kentucky louisiana \
         maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada hampshire jersey \
         mexico york carolina dakota ohio oklahoma oregon pennsylvania island tennessee texas utah vermont virginia \
         washington wisconsin wyoming columbia rico guam calif mass penn fla tex wash ariz colo conn ill ind minn \
         miss tenn mich okla wisc",
    ),
    (
        Flags::UNIT,
        "mg mcg ug ng pg g gm gms gram grams kg kgs lb lbs pound pounds oz ounce ounces ml mls cc l liter liters litre \
         litres dl mmol mol meq miu iu unit units u mm cm m meter meters km mile miles inch inches ft feet foot \
         mmhg mosm kcal cal calories bpm hz khz mv ma kv sec secs second seconds min mins minute minutes hr hrs hour \
         hours day days week weeks wk wks month months mo mos year years yr yrs percent pct tablet tablets tab tabs \
         capsule capsules cap caps pill pills drop drops gtt gtts puff puffs dose doses spray sprays patch patches \
         times x cells cell copies copy french fr gauge ga degree degrees celsius fahrenheit patients people subjects \
         participants cases women men children infants babies adults individuals persons americans births deaths \
         genes amino bases bp kb mb kda kilobases nucleotides steps cigarettes packs pack beers drinks beats breaths \
         lpm psi torr joules watts cgy gy rads mci uci ppm joule hpf lpf fold points point dollars cents usd lines \
         words pages joints doctors nurses visits sessions centimeters millimeters milliliters milligrams micrograms \
         kilograms platelets leukocytes studies trials of",
    ),
    (
        Flags::DATE_CUE,
        "on since until till thru through dated by before after around circa approximately about starting beginning \
         effective expires exp due ending ended started began from between as scheduled completed performed done \
         admitted discharged seen presented born died collected received drawn last next this",
    ),
    (
        Flags::DATE_LABEL,
        "date dates dated dob dod dos doa doi dol birthdate birthday born dt datetime timestamp deathdate lmp edd edc \
         adm admit admission disch discharge collected received reported resulted ordered signed expires expiration exp \
         issued effective day birth when lnmp onset doe dtap_date bday",
    ),
    (
        Flags::DATE_NOUN,
        "visit visits appt appointment labs lab note ct mri xray cxr echo ekg ecg biopsy surgery admission discharge \
         scan ultrasound us colonoscopy procedure study exam clinic report results imaging film consult egd cath \
         followup mammogram pet mammo cscope letter call encounter injection tdap flu vaccine booster pcv13 ppsv23 pcv20 shingrix pneumovax prevnar mmr hpv covid moderna pfizer hepb dose culture cultures hospitalization",
    ),
    (
        Flags::MEASURE,
        "pain scale score strength murmur sem bp pressure vision acuity reflexes reflex pulses pulse gcs apgar apgars \
         ratio bottles sputum motor grip power nyha asa dtr dtrs muscle rated rates rating severity grade vas nrs phq \
         moca mmse edema systolic diastolic od os ou sets tablet tabs tab teaspoon tsp tbsp cup inch level levels \
         ns saline dextrose hct hb hgb na k intensity positive nodes vertebral disc discs sc sensation strengths \
         lymph fundal station apgar score ankle jerk jerks patellar biceps triceps deltoid quadriceps",
    ),
    (
        Flags::CODE,
        "cpt icd icd9 icd10 hcpcs drg loinc snomed ndc rxnorm rxcui cvx omim pmid pmc pmcid doi isbn issn nct atc cas \
         mesh umls cui mondo orpha hgnc uniprot ensembl genbank chromosome chr version ver v release model catalog \
         catalogue cat ref stage grade phase class type gravida para figure fig table chapter section page pp volume \
         vol issue step rs hla cyp nm np nc ec inn eudract isrctn grant awards contract publication nih modifier \
         part item sku qty quantity gene entrez pma pf gsk ly sar azd bms mk abt bay jnj amg tak nvp bnt firmware build \
         dsm ajcc gleason bethesda birads tanner nyha ecog karnofsky",
    ),
    (
        Flags::CONNECTOR,
        "number numbers no nos num nums nbr nr id ids identifier identifiers identification is was are were of code \
         as the listed file on recorded shows reads value equals s ending ends with in digits last four assigned and \
         reference using under for this patient her his their our new old current given provided verified confirmed",
    ),
    (
        Flags::MARK,
        "number numbers no nos num nums nbr nr id ids identifier identifiers identification",
    ),
    (
        Flags::FUNCTION,
        "the a an and or of in to for with at by from on is was are were be been has have had not no but if then than \
         that this these those he she they we i it his her their our my your as per after before during about into \
         over under between patient patients pt who which when while because due since until without within mg ml kg \
         day days week weeks month months year years times hours minutes old",
    ),
    (
        Flags::DOMAIN,
        "com org net edu gov mil int io co info biz health us uk ca de fr eu nl ch se au nz ie local test example app \
         dev care clinic hospital online site cloud ai tv nih name jp cn br es it xyz",
    ),
    (
        Flags::PHONE_CUE,
        "phone phones telephone tel tele ph cell cellphone mobile call called calling calls dial contact reach reached \
         reachable landline text texted texting sms voicemail hotline helpline whatsapp ring rang callback cb hm wk \
         telephones phoned phonenumber homephone workphone cellular answering answer messages message desk office direct \
         mainline line",
    ),
    (Flags::FAX_CUE, "fax faxed faxes facsimile faxing faxnumber"),
    (Flags::PAGER_CUE, "pager beeper page paged pgr pagers bleep"),
    (Flags::EXTENSION, "ext extension x extn exten"),
    (
        Flags::HOLIDAY,
        "christmas xmas thanksgiving easter halloween hanukkah chanukah ramadan passover diwali juneteenth kwanzaa \
         memorial labor labour veterans presidents columbus independence valentine valentines mother mothers father \
         fathers new good ash palm fourth july cinco yom rosh st saint martin mlk groundhog boxing eid purim mardi \
         epiphany pentecost indigenous earth flag patriot lunar chinese cyber black",
    ),
    (
        Flags::RECURRING,
        "every each alternate alternating weekly all most recurring repeat biweekly except per or usual",
    ),
    (
        Flags::PARTICULAR,
        "last next past previous coming upcoming following early late mid during in since until till by through \
         of from between before after around this on ending starting beginning to and throughout",
    ),
    (
        Flags::AGE,
        "age aged ages old yo yrs years year yr y o yr yo yof yom birthday turned turning",
    ),
    (
        Flags::COMPARISON,
        "over above under below than least most older younger exceeding exceeds beyond past maximum minimum upto up",
    ),
    (
        Flags::ID_PREFIX,
        "mrn mr enc acc acct pt pat clm inv ord rx spec sp csn har fin acn visit case claim grp mem mbr pol auth ref \
         dev sn ser id uid uuid emp badge stu subj sub subject study prov npi dl lic cert bio vp fp lot imp order \
         patient specimen donor rcpt receipt chk txn ssn hp mid hic hicn chart hosp hrn epi fir inc report req tkt \
         ticket conf ses sess sid user usr bil bill stmt adm ip op er ed unos wl doc pid gid eid rec reg device iris \
         face print scan passport insurance ins account invoice member policy group encounter accession biometric \
         serial",
    ),
    (Flags::DETERMINER, "the a an my his her their our its"),
    (
        Flags::DATE_VERB.and(Flags::DATE_CUE),
        "admitted discharged seen presented born died collected received drawn completed performed done transferred \
         extubated intubated removed placed cleared evaluated interrogated implanted resected repaired visited returned \
         stopped hospitalized diagnosed scheduled rescheduled signed faxed mailed delivered readmitted consulted",
    ),
    (
        Flags::STUDY,
        "ct mri mra xray cxr kub echo tte tee ekg ecg scan ultrasound colonoscopy egd cath mammogram pet labs cx ercp \
         mrcp eeg emg bronch dexa angiogram cystoscopy biopsy vfss mbs",
    ),
    (
        Flags::DIGIT,
        "zero oh o one two three four five six seven eight nine",
    ),
];
