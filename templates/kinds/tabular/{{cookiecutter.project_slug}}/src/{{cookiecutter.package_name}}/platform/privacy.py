"""A guess, by name and by value, at which columns hold personal data: made to be confirmed."""

import re

from .profile import Facts

# The last word of a name, or the whole of it.
NAMES = {
    "name", "firstname", "lastname", "surname", "fullname", "forename", "nickname", "maiden",
    "email", "mail", "phone", "telephone", "tel", "mobile", "cell", "fax", "address", "street",
    "addr", "zip", "zipcode", "postcode", "postal", "ssn", "nin", "passport", "iban", "account",
    "creditcard", "card", "birthdate", "birthday", "dob", "birth", "born", "ip", "ipaddress",
    "latitude", "longitude", "lat", "lon", "lng", "gps", "login", "username", "licence", "plate",
    "patient", "customer", "client", "user", "person", "individual", "subject", "respondent",
    "employee", "student", "participant", "signature", "nationalid", "taxid", "host", "author",
}  # fmt: skip
PAIRS = {
    "first name", "last name", "full name", "birth date", "date of birth", "social security",
    "zip code", "postal code", "credit card", "phone number", "ip address", "street address",
}  # fmt: skip
# Whole values; most of a column must look like one of them.
VALUES = {
    "e-mail addresses": r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}",
    "phone numbers": r"(?=(\D*\d){8})\+?\(?\d{1,4}\)?([ ./-]\d{2,8}){1,4}",
    "IP addresses": r"(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}",
    "account numbers": r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}|\d{3}-\d{2}-\d{4}|(\d{4}[ -]){3}\d{4}",
    "names of people": r"[A-Z][\w'-]+(,| [A-Z]\.?| [A-Z][\w'-]+)+( .*)?",
}
MOST = 0.8


def words(header: str) -> list[str]:
    """The words of a header, in lower case: `IndividualID` is individual, id."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", header)
    return [word for word in re.split(r"[\W_]+", apart.lower()) if word]


def personal(facts: Facts) -> str:
    """Why a column looks personal; empty where it does not."""
    found = words(facts.header)
    stems = [word for word in found if word not in ("id", "no", "nr", "number", "code")]
    text = " ".join(found)
    named = text == "long" or (stems and stems[-1] in NAMES)
    if named or any(pair in text for pair in PAIRS):
        return f"called {facts.header!r}"
    if facts.nested or facts.numbers is not None or facts.moments or facts.known.empty:
        return ""
    if not facts.undated.empty:
        return ""
    values = facts.counts.index.to_series().head(1000)
    for what, pattern in VALUES.items():
        many = what != "names of people" or facts.distinct > 0.2 * len(facts.known)
        if many and values.str.fullmatch(pattern).mean() >= MOST:
            return f"looks like {what}"
    return ""
