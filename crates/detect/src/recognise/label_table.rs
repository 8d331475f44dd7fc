//! The labels of numbers. Data: what a label says the number is, whether it needs a sign that a number follows, and
//! its spellings.
//!
//! A spelling is words in order; `a|b` are alternatives, `a?` may be missing. Signs between the words do not matter,
//! so `m r n` is also `M.R.N.` and `driver s license` is `driver's license`. Each spelling also counts written in one
//! word (`medicalRecordNumber`) and in the plural. What follows a label (`number`, `no.`, `#`, `id`, `is`) is not
//! part of the spelling unless the label means something else without it.

use crate::kind::Kind;

/// What a label asks of what stands between it and the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing: `MRN 12345`.
    Nothing,
    /// A sign that a number follows (`#`, `:`, `no.`, `ID`), or a value long enough to be nothing else.
    Mark,
    /// A colon, an equals sign or quotes: the label is a common word.
    Colon,
}

/// One row: kind, need, the name shown in reasons, spellings separated by commas.
pub(super) type Row = (Kind, Need, &'static str, &'static str);

use Need::{Colon, Mark, Nothing};

/// `"value": "448291"`: only in quotes, and only digits enough for a number of somebody.
pub(super) const QUOTED: &str = "quoted value of an identifier";

pub(super) const ROWS: &[Row] = &[
    (
        Kind::Mrn,
        Nothing,
        "label of a medical record number",
        "mrn, m r n, mrno, mrnum, medrec, medical|med record|rec|records, medical|med record|rec id, hospital|patient mrn, \
         emrn, empi, hrn, patient id, patient identifier, pt id, pat id, medical|med number|num|no, health record, \
         chart number|no|num|id, hospital number|no|num|id, medical chart",
    ),
    (
        Kind::Mrn,
        Mark,
        "label of a medical record number",
        "mr, chart, hospital, patient, pt, unit, history, record, records, clinic, emr, ehr, epic, cerner, mpi, file, \
         medical file, med, hosp, pid, urn, nhs, uhid, ur, case record",
    ),
    (
        Kind::Ssn,
        Nothing,
        "label of a social security number",
        "ssn, s s n, social security, soc sec, socsec, ssnum, ssno, social security card",
    ),
    (
        Kind::Ssn,
        Mark,
        "label of a social security number",
        "ss, social, itin",
    ),
    (
        Kind::MemberId,
        Nothing,
        "label of a member number",
        "member id, memberid, subscriber id, beneficiary id, enrollee id, insured id, insurance id, health plan id, plan id, \
         policyholder id, member|subscriber|beneficiary|enrollee|insured number|no|num, hicn, hic, insurance|ins number|no|num, \
         health plan beneficiary?, health plan member, tricare id, champus id, dependent id, insurance member",
    ),
    (
        Kind::MemberId,
        Mark,
        "label of a member number",
        "member, subscriber, beneficiary, enrollee, insured, policyholder, insurance, ins, plan, tricare, champus, bcbs, \
         aetna, cigna, humana, uhc, unitedhealthcare, anthem, blue cross, blue shield, blue cross blue shield, kaiser, \
         health plan, coverage, hmo, ppo, health insurance, carrier, payer, payor, primary insurance, secondary insurance, insurance card",
    ),
    (
        Kind::Mbi,
        Nothing,
        "label of a Medicare number",
        "mbi, medicare beneficiary, medicare id, medicare number|no|num, medicare beneficiary id",
    ),
    (Kind::Mbi, Mark, "label of a Medicare number", "medicare"),
    (
        Kind::Medicaid,
        Nothing,
        "label of a Medicaid number",
        "medicaid id, medicaid number|no|num, medi cal id, medical assistance id, cin, masshealth id, recipient id",
    ),
    (
        Kind::Medicaid,
        Mark,
        "label of a Medicaid number",
        "medicaid, medi cal, masshealth, chip, soonercare",
    ),
    (
        Kind::GroupNumber,
        Mark,
        "label of a group number",
        "group, grp, insurance group, plan group, employer group",
    ),
    (
        Kind::GroupNumber,
        Nothing,
        "label of a group number",
        "rx group, rx grp, rxgrp, group number|no|num|id, grp number|no|num|id",
    ),
    (
        Kind::Policy,
        Mark,
        "label of a policy number",
        "policy, insurance policy, pol, coverage policy",
    ),
    (
        Kind::Policy,
        Nothing,
        "label of a policy number",
        "policy number|no|num|id",
    ),
    (
        Kind::Account,
        Mark,
        "label of an account number",
        "account, acct, acnt, acc t, guarantor, bank account, patient account, hospital account, har, iban, ebt, benefit, \
         benefits, loan, wire, checking, savings, financial, billing account, pan",
    ),
    (
        Kind::Account,
        Nothing,
        "label of an account number",
        "account|acct number|no|num|id, accountnumber, iban",
    ),
    (
        Kind::Claim,
        Mark,
        "label of a claim number",
        "claim, icn, dcn, eob, tcn, insurance claim, claims",
    ),
    (
        Kind::Invoice,
        Mark,
        "label of an invoice or receipt number",
        "invoice, inv, receipt, rcpt, bill, statement, billing, stmt, remittance",
    ),
    (
        Kind::Card,
        Mark,
        "label of a payment card number",
        "card, credit card, debit card, cc, visa, mastercard, amex, american express, discover, hsa card, fsa card, \
         payment card, hsa, fsa, gift card",
    ),
    (
        Kind::Check,
        Mark,
        "label of a check or payment number",
        "check, cheque, money order, transaction, txn, routing, aba, payment, swift, eft, ach, trace",
    ),
    (
        Kind::DriversLicense,
        Nothing,
        "label of a driver's licence",
        "driver|drivers s? license|licence|lic, driving license|licence, driver|drivers lic, state id, state identification, \
         id card, identification card, state id card, drivers license|licence id, dln",
    ),
    (
        Kind::DriversLicense,
        Mark,
        "label of a driver's licence",
        "dl, d l, ol, operator s? license|licence, cdl",
    ),
    (
        Kind::Npi,
        Nothing,
        "label of a provider number",
        "npi, n p i, national provider, national provider identifier",
    ),
    (
        Kind::Dea,
        Nothing,
        "label of a DEA number",
        "dea, d e a, dea registration",
    ),
    (
        Kind::ProfessionalLicense,
        Nothing,
        "label of a professional licence",
        "medical|nursing|pharmacy|state|rn|md|physician|professional|dental|lpn|np|pa|md board license|licence|lic, upin, \
         state lic, license|licence number|no|num",
    ),
    (
        Kind::ProfessionalLicense,
        Mark,
        "label of a licence",
        "license, licence, lic, permit, licensure, notary commission, commission, provider, physician, prescriber, surescripts spi, spi, ptan",
    ),
    (
        Kind::Certificate,
        Mark,
        "label of a certificate number",
        "certificate, certification, cert, birth certificate, death certificate, board certification, clia, credential, \
         diploma, marriage certificate",
    ),
    (
        Kind::Plate,
        Nothing,
        "label of a plate",
        "license|licence|number|vehicle plate, license|licence plate number|no|num, plate number|no|num, lic plate, vehicle tag, \
         car tag, license tag, tag number, plate reading",
    ),
    (
        Kind::Plate,
        Mark,
        "label of a plate",
        "plate, plates, tag, vehicle registration, reg plate",
    ),
    (
        Kind::Vin,
        Nothing,
        "label of a vehicle number",
        "vin, v i n, vehicle identification, vehicle id, chassis number|no",
    ),
    (
        Kind::TailNumber,
        Nothing,
        "label of an aircraft or vessel",
        "tail, tail number|no, aircraft registration, helicopter, aircraft, airplane, medevac, lifeflight, n number, hull, aircraft tail, hull id, vessel registration",
    ),
    (
        Kind::Serial,
        Nothing,
        "label of a serial number",
        "serial, serial number|no|num, ser no|num, device serial, serialnumber, device id, device identifier, implant id, \
         implant serial, asset tag, asset id, pump serial, equipment id, pacemaker id, generator serial",
    ),
    (
        Kind::Serial,
        Mark,
        "label of a serial number",
        "sn, s n, ser, device, implant, pacemaker, pump, generator, lead, meter, glucometer, asset, equipment, ventilator, \
         monitor, transmitter, sensor, reader, valve, mesh, defibrillator, stent, prosthesis, cpap, hearing aid, infusion pump, insulin pump, cochlear implant, aicd",
    ),
    (
        Kind::Lot,
        Mark,
        "label of a lot number",
        "lot, batch, implant lot, device lot, lotno, mesh lot, vaccine lot",
    ),
    (
        Kind::Lot,
        Nothing,
        "label of a lot number",
        "lot number|no|num, batch number|no|num",
    ),
    (
        Kind::Udi,
        Nothing,
        "label of a device identifier",
        "udi, udi di, unique device, unique device identifier, gtin, di number, hibc, hibcc",
    ),
    (
        Kind::Mac,
        Nothing,
        "label of a hardware address",
        "mac address, mac addr, hardware address, bluetooth address, macaddress, ble address, wifi address",
    ),
    (
        Kind::Mac,
        Mark,
        "label of a hardware address",
        "mac, bluetooth",
    ),
    (
        Kind::Imei,
        Nothing,
        "label of a mobile equipment number",
        "imei, imsi, iccid, meid, sim card?, esn, imei sv?",
    ),
    (
        Kind::Biometric,
        Nothing,
        "label of a biometric identifier",
        "voice|finger|palm|hand|foot|face|thumb print, voiceprint, fingerprint, thumbprint, palmprint, faceprint, \
         voiceprint|fingerprint|palmprint|face|facial|iris|retina|retinal|vein|palm|hand|voice|biometric|biometrics|thumbprint|\
         finger|faceprint|eye|gait|ear template|templates|scan|code|hash|id|identifier|record|reference|key|signature|profile|\
         enrollment|token|geometry|ref, palm vein, palm vein template|scan|id, facial recognition, facial recognition \
         id|template, iris code, face recognition id|template, biometric, dna profile, voice biometric, voice biometric id, \
         retinal scan id, iris scan id, fingerprint scan id, face template id, fingerprint template id, \
         voice|finger|palm|face|hand|thumb print id|reference|record|template|hash|scan|code|ref, face|facial|voice|iris \
         embedding|embeddings|vector id?, face id template?, hand geometry template|id, biometric template id, fingerprint hash",
    ),
    (
        Kind::Accession,
        Nothing,
        "label of an accession number",
        "accession, accession number|no|num|id, accn, acsn, lab accession, radiology accession",
    ),
    (
        Kind::Accession,
        Mark,
        "label of an accession number",
        "acc, imaging study, lab ref",
    ),
    (
        Kind::Specimen,
        Mark,
        "label of a specimen number",
        "specimen, sample, slide, path, pathology, cytology, surgical pathology, biopsy, block, tissue, biobank, aliquot, \
         surg path, blood bag, isolate, tube, vial, bag, lab, lab id",
    ),
    (
        Kind::Specimen,
        Nothing,
        "label of a specimen number",
        "specimen id|number|no, sample id|number|no, biobank id, pathology case|number|no, slide number|no",
    ),
    (
        Kind::Encounter,
        Nothing,
        "label of an encounter number",
        "csn, encounter id|number|no|num, visit id|number|no|num, admission id|number|no|num, fin, fin number|no, contact \
         serial, episode id|number, encounter csn, hospital visit, hospital visit id|number, stay id, hadm id",
    ),
    (
        Kind::Encounter,
        Mark,
        "label of an encounter number",
        "encounter, enc, visit, admission, episode, adm, stay, appointment, appt, discharge",
    ),
    (
        Kind::Order,
        Mark,
        "label of an order number",
        "order, requisition, req, ord, work order, placer order, filler order, imaging order, lab order",
    ),
    (
        Kind::Prescription,
        Mark,
        "label of a prescription number",
        "rx, prescription, script, refill, erx, r x, presc, dispense",
    ),
    (
        Kind::StudySubject,
        Nothing,
        "label of a study subject number",
        "subject id|number|no|num, study id, study subject, participant id|number|no, study participant, enrollment \
         id|number|no, randomization id|number|no, screening id|number|no, study number|no, subject identifier, trial \
         participant, trial subject, research id, research subject, study subject id, trial id, subj id, protocol subject",
    ),
    (
        Kind::StudySubject,
        Mark,
        "label of a study subject number",
        "subject, participant, enrollment, randomization, screening, study, research, volunteer, subj",
    ),
    (
        Kind::Badge,
        Nothing,
        "label of a badge number",
        "badge, badge number|no|id, employee id|number|no|num, staff id|number|no, personnel id|number|no, employee badge, \
         emp id|no|num, payroll id|number, clinician id, provider id, user number",
    ),
    (
        Kind::Badge,
        Mark,
        "label of a badge number",
        "employee, staff, emp, personnel, shield",
    ),
    (
        Kind::Inmate,
        Nothing,
        "label of an inmate number",
        "inmate, inmate id|number|no, booking number|no|id, prisoner id|number, offender id|number, doc number|no, cdcr \
         number, jail id, detainee id|number, register number, bop number",
    ),
    (
        Kind::Inmate,
        Mark,
        "label of an inmate number",
        "booking, prisoner, offender, doc, cdcr, detainee, jail, bop",
    ),
    (
        Kind::Student,
        Nothing,
        "label of a student number",
        "student id|number|no|num, studentid, school id|number, student identification, university id",
    ),
    (
        Kind::Student,
        Mark,
        "label of a student number",
        "student, matriculation",
    ),
    (
        Kind::Passport,
        Nothing,
        "label of a passport or visa number",
        "passport, passport number|no|id, alien registration, alien number|no, uscis number|no, green card, \
         permanent resident card, visa number, uscis, immigration number, alien registration number",
    ),
    (
        Kind::Court,
        Mark,
        "label of a court or case number",
        "court, docket, cause, court case, case, civil action, court docket, warrant, guardianship, custody case, legal case",
    ),
    (
        Kind::Court,
        Nothing,
        "label of a court or case number",
        "docket number|no, court case number|no, cause number|no, court order",
    ),
    (
        Kind::Police,
        Mark,
        "label of a police report number",
        "police, police report, incident, incident report, report, citation, crash report, accident report, ems run, run, \
         police case, cps case, cps, aps, complaint, ems, 911 call, pcr",
    ),
    (
        Kind::Donor,
        Nothing,
        "label of a donor or wait-list number",
        "donor id|number|no, donor, unos id|number, wait list id|number|no, waitlist id|number|no, optn id, transplant id, \
         donation id|number, din, organ donor, donor identification, waiting list id|number, optn donor id",
    ),
    (
        Kind::Donor,
        Mark,
        "label of a donor or wait-list number",
        "unos, optn, wait list, waitlist, transplant, donation, waiting list, recipient",
    ),
    (
        Kind::Session,
        Nothing,
        "label of a session",
        "session id|token|key, sessionid, sessiontoken, session identifier, jsessionid, phpsessid, cookie, request id, trace id, \
         correlation id, device token, csrf token, access token, refresh token, auth token, visitor id, tracking id, \
         advertising id, idfa, gaid, conversation id, thread id, meeting id",
    ),
    (Kind::Session, Mark, "label of a session", "session, token"),
    (
        Kind::RecordId,
        Nothing,
        "label of a database row",
        "row id, uid, record id, db id, database id, object id, primary key, uuid, guid, patient uuid, row number, \
         person id, personid, resource id, internal id, entity id, fhir id, contact id, customer id, client id, entry id, \
         document id, doc id, note id, message id, event id, case id, external id, profile id, family id, user id number, \
         household id, relative id, encounter|patient|account|visit|person key, pat key, system id, party id",
    ),
    (
        Kind::RecordId,
        Mark,
        "label of a database row",
        "row, object, pk, document, client, person, resource, customer, key, database row",
    ),
    (
        Kind::OtherId,
        Mark,
        "label of an identifying number",
        "id, reference, confirmation, conf, authorization, auth, prior authorization, prior auth, precert, referral, \
         tracking, ticket, locator, barcode, bar code, wristband, bracelet, band, passcode, access code, \
         registration, reg, job, dictation, tax, tin, ein, fein, military, edipi, dod, veteran, va file, service, application, agreement, \
         contract, enrollment form, intake, casefile, tribal, tribal enrollment, voter, library card, locker, \
         membership, loyalty, approval, file, image, scan, key, code blue, tattoo, ride, shipment, package, crf, unique, \
         identification, identifier, national, national id, dispatch, grievance, caller",
    ),
    (
        Kind::OtherId,
        Nothing,
        "label of an identifying number",
        "reference number|no, ref number|no|num, pin, pin code|number, confirmation number|no|code, auth|authorization code|number|no, authorization number|no|code, referral number|no, tracking \
         number|no, ticket number|no, tax id, taxpayer id, military id, dod id, veteran id, voter id, national id, edipi, \
         prior authorization number|no, case manager id, registration number|no, identification number|no, \
         id number|no|num, access code, application number|no, membership number|no|id, card id, wristband id, \
         caregiver id, guardian id, tribal id, tribal enrollment number, library card number, va file number",
    ),
    (Kind::OtherId, Colon, QUOTED, "value, extension"),
    (
        Kind::UserName,
        Colon,
        "label of a user name",
        "username, user name, login, login name, userid, user id, screen name, screenname, handle, user, twitter, instagram, \
         facebook, skype, snapchat, tiktok, portal login, portal id, portal username, mychart username, mychart id, \
         account name, log in, logon, signon, author id, telegram, discord, reddit, nickname, gamertag, user login, \
         venmo, zelle, linkedin, youtube, ig, fb",
    ),
];
