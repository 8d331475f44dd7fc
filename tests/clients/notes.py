"""The invented note most tests send, and what in it may not reach a vendor for treatment (164.502(b))."""

NOTE = """DISCHARGE SUMMARY
Patient: Margaret Okonkwo   MRN: 48211907   DOB: 03/14/1951
Address: 1187 Juniper Hollow Road, Apt 4B
Mrs. Okonkwo was admitted with community-acquired pneumonia and treated with ceftriaxone 1 g IV daily.
Her daughter, Adaeze Okonkwo, can be reached at (503) 555-0172 or adaeze.okonkwo@example.org.
SSN 219-09-9999. Member ID: XKJ884920117. Follow up with Dr. Henrik Solberg in two weeks.
BP 132/78, HR 84, SpO2 96% on room air. Weight 71.4 kg."""

# Each must be gone from every byte the vendor receives.
SECRETS = ["Margaret", "Okonkwo", "48211907", "Juniper", "Adaeze", "555-0172", "adaeze.okonkwo", "219-09-9999", "XKJ884920117", "Solberg"]

# Treatment keeps what it needs: these must arrive.
KEPT = ["ceftriaxone 1 g IV daily", "132/78", "03/14/1951"]


def absent(received, secrets=SECRETS):
    text = bytes(received).lower()
    return [secret for secret in secrets if secret.lower().encode() in text]
