"""What a column can mean, and the titles that people give it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .issues import _lt
from .text import compact, content_tokens, edit_distance, fold, normalise


@dataclass(frozen=True)
class Field:
    """One meaning of a column.

    :param key: technical name
    :param label: name for people (English source)
    :param titles: usual titles, French and English, ";" between them
    :param several: more than one column may have this meaning
    :param core: counts when telling a planning from another sheet
    """

    key: str
    label: str
    titles: str
    several: bool = False
    core: bool = False


_DATE = """date;date intervention;date d'intervention;date rdv;date de rendez-vous;date rendez-vous;
date prévue;date planifiée;date de passage;date passage;date de visite;date visite;jour;le;day;
visit date;job date;scheduled date;service date;appointment date;planned date;date planning;
jour d'intervention;date inter;dt;dates;planned on;scheduled;on;quand;when;date de l'intervention;
date et heure;date/heure;date heure;date & heure;date time;date and time;datetime;date programmée;
date prev;date prévisionnelle;scheduled on;visit day;date du rdv;work date;date travaux"""
_TIME = """heure;heure rdv;heure de rdv;heure début;heure de début;début;debut;h début;h. début;h deb;
horaire;horaires;créneau;creneau;créneau horaire;plage horaire;plage;rdv;rendez-vous;h;hr;time;
start;start time;from;slot;time slot;appointment;appointment time;arrival;arrivée;heure arrivée;
heure d'arrivée;heure de passage;heure passage;hour;window;time window;m/am;matin/après-midi;
demi-journée;1/2 journée;heure prévue;arrival time;heure inter;h rdv;heure d'intervention;de;
deb;heure deb;am/pm;moment;période;period;heures;visit time;planned time;eta;scheduled time"""
_END = """fin;heure fin;heure de fin;h fin;h. fin;end;end time;to;until;jusqu'à;à;finish;
finish time;heure fin prévue;heure de départ;départ;end hour"""
_DURATION = """durée;duree;durée prévue;durée estimée;temps;temps prévu;temps estimé;temps alloué;
tps;charge;duration;length;estimated duration;est. duration;planned duration;time needed;est time;
durée intervention;durée inter;durée théorique;temps théorique;nb heures;nombre d'heures;hours;
minutes;mins;min;durée d'intervention;temps passé prévu;expected duration;hrs;job length;dur"""
_TECHNICIAN = """technicien;techniciens;tech;techn;tec;intervenant;intervenants;qui;affectation;
affecté à;affecte;assigné à;attribué à;ressource;ressources;agent;agents;opérateur terrain;monteur;
équipier;salarié;collaborateur;technician;technicians;engineer;field engineer;assigned to;assignee;
worker;resource;who;crew;employee;staff;nom technicien;nom du technicien;nom intervenant;équipe;
technicien affecté;technicien 1;tech 1;intervenant 1;responsable;tech.;interv;binôme;nom tech;
fait par;réalisé par;chargé d'intervention;allocated to;field tech;operative;assigned;tech affecté;
mécanicien;électricien;mécano;team member"""
_HELPER = """technicien 2;tech 2;intervenant 2;renfort;aide;second technicien;2e technicien;
2ème technicien;accompagnant;helper;second technician;assistant;technician 2;binôme technicien;
co-intervenant;autre technicien"""
_CUSTOMER = """client;clients;nom client;nom du client;donneur d'ordre;donneur d'ordres;société;
societe;raison sociale;entreprise;compte;customer;customer name;client name;account;company;payer;
aménageur;amenageur;n_amenageur;maître d'ouvrage;moa;bailleur;enseigne cliente;abonné;titulaire;
owner;customer account;organisation;organization;commanditaire;syndicat;collectivité;cust;clt;
nom du compte;exploitant;gestionnaire;propriétaire"""
_SITE = """site;nom site;nom du site;sites;lieu;lieu d'intervention;lieu intervention;
lieu de l'intervention;station;nom station;nom de la station;n_station;borne;nom borne;chantier;
résidence;bâtiment;immeuble;agence;magasin;point de vente;installation visitée;site name;location;
place;premises;building;store;station name;site client;nom du chantier;emplacement;libellé site;
désignation site;where;où;site visited;job site;name;nom;libellé;designation;point de charge;
équipement/site;facility;établissement"""
_SITE_CODE = """code site;n° site;no site;numéro site;numéro de site;id site;réf site;ref site;
référence site;n° station;no station;numéro station;numéro de station;id station;id_station;
code station;identifiant station;identifiant;identifiant site;n° borne;code borne;id borne;
site code;site id;site ref;site number;station id;station code;station number;code client site;
code point;code pdl;pdl;prm;location id;location code;asset id;charger id;charge point id;
id_pdc;id pdc;n° pdl;code bâtiment;station no;site no;code;id;réf;ref;station ref;borne id"""
_ADDRESS = """adresse;adresse site;adresse du site;adresse intervention;adresse d'intervention;
adresse complète;adr;ad_station;rue;voie;adresse 1;n° et voie;numéro et voie;address;street;
street address;site address;full address;address 1;location address;address line 1;adresse postale;
adresse client;adresse chantier;addr;adresse de la station;libellé voie;adresse du chantier"""
_POSTCODE = """cp;code postal;c.p.;cpostal;code post;codepostal;zip;zip code;zipcode;postcode;
post code;postal code;cod postal;dept/cp;cp site;cp ville;c postal;postal;plz;code postal site"""
_INSEE = """insee;code insee;code_insee;code commune;commune insee;cog;code insee commune;
insee code;municipality code;commune code;n° insee"""
_CITY = """ville;commune;localité;localite;city;town;municipality;ville site;ville intervention;
nom commune;nom de la commune;commune d'intervention;lieu-dit/commune;village;suburb;locality;
ville du site;ville chantier;area"""
_TYPE = """type d'intervention;type intervention;type;prestation;prestations;nature;
nature intervention;nature de l'intervention;nature d'intervention;nature travaux;
nature des travaux;intervention;objet;motif;tâche;tache;activité;opération;travail;travaux;
travaux à faire;type inter;type d'inter;type de visite;type visite;type de prestation;presta;mission;
type mission;service;service type;type of service;job type;job;work type;work;visit type;activity;
task;kind;type of work;type of visit;what;quoi;à faire;libellé intervention;category;catégorie;
nature inter;famille;objet de la visite;type of intervention;gamme;action;intervention type;
type d'opération;type opération;type travaux;type of job"""
_PHONE = """tél;tel;tél.;téléphone;telephone;tél contact;tél. contact;téléphone contact;phone;
phone number;contact phone;mobile;portable;n° tél;n° téléphone;numéro de téléphone;tel client;
tel site;cell;telephone number;phone no;gsm;tel.;contact number;tél client;tél. client;tel contact;
numéro téléphone;tél site;contact tel;mob;tph;telephone contact;n° de téléphone"""
_CONTACT = """contact;nom contact;nom du contact;contact site;contact sur place;interlocuteur;
correspondant;contact name;site contact;on-site contact;personne à contacter;gardien;occupant;
contact person;référent;contact client"""
_REMARK = """observations;observation;obs;obs.;remarque;remarques;rem;commentaire;commentaires;
comm;com;note;notes;info;infos;informations;précisions;consignes;consigne;instructions;détails;
details;divers;comment;comments;remarks;remark;access notes;accès;modalités d'accès;
instructions accès;description;complément;description de la demande;observations diverses;
info complémentaires;informations complémentaires;commentaire interne;additional information;
comment/access;special instructions;consignes d'accès;infos pratiques;message"""
_STATUS = """statut;état;etat;status;état rdv;statut rdv;state;situation;avancement;suivi;
état d'avancement;confirmé;confirmation;fait;réalisé;validation;statut intervention"""
_PRIORITY = """priorité;priorite;urgence;urgent;prio;priority;urgency;criticité;degré d'urgence;
niveau d'urgence;urg;niveau de priorité;urgent ?;severity;emergency"""
_ACCESS = """code accès;code d'accès;digicode;code portail;codes d'accès;access code;gate code;
door code;code porte;code entrée;code immeuble;badge/clé;entry code;code portillon"""
_REFERENCE = """n° bt;n° ot;bt;ot;n° bon;numéro bon;bon de commande;n° commande;n° de commande;
réf client;ref client;référence client;n° affaire;affaire;n° dossier;dossier;n° ticket;ticket;
n° intervention;n° inter;réf intervention;réf inter;work order;work order no;order;order no;
order number;po;po number;job no;job number;job ref;reference;référence;case;ticket no;ticket id;
n° mission;numéro d'intervention;bon n°;n° di;di;wo;n° demande;demande;customer reference;
n° contrat;contrat;request no;call ref"""
_LATITUDE = "latitude;lat;ylatitude;y latitude;gps lat;coord y;coordonnée y;coordonnees y;y;lat.;y_wgs84;latitude (y)"
_LONGITUDE = """longitude;long;lon;lng;xlongitude;x longitude;gps long;coord x;coordonnée x;
coordonnees x;x;long.;x_wgs84;longitude (x)"""
_COORDINATES = "coordonnées;coordonnees;gps;coordonnées gps;coordinates;lat/long;lat, lon;position;geo;latlng;position gps"
_OPERATOR = "opérateur;operateur;n_operateur;operator;n_enseigne;enseigne;brand;marque;mainteneur"

_LABELS = (
    ("date", _lt("Date"), _DATE, False, True),
    ("time", _lt("Promised time"), _TIME, False, True),
    ("end_time", _lt("End"), _END, False, False),
    ("duration", _lt("Duration"), _DURATION, False, True),
    ("technician", _lt("Technician"), _TECHNICIAN, False, True),
    ("helper", _lt("Helper"), _HELPER, True, False),
    ("customer", _lt("Customer"), _CUSTOMER, False, True),
    ("site", _lt("Site"), _SITE, False, True),
    ("site_code", _lt("Site code"), _SITE_CODE, False, False),
    ("address", _lt("Address"), _ADDRESS, True, True),
    ("postcode", _lt("Postcode"), _POSTCODE, False, False),
    ("insee", _lt("INSEE code"), _INSEE, False, False),
    ("city", _lt("City"), _CITY, False, True),
    ("type", _lt("Service type"), _TYPE, False, True),
    ("phone", _lt("Phone"), _PHONE, False, False),
    ("contact", _lt("Contact"), _CONTACT, False, False),
    ("remark", _lt("Remarks"), _REMARK, True, False),
    ("status", _lt("Status"), _STATUS, False, False),
    ("priority", _lt("Priority"), _PRIORITY, False, False),
    ("access", _lt("Access code"), _ACCESS, False, False),
    ("reference", _lt("Customer's reference"), _REFERENCE, False, False),
)
PLANNING_FIELDS: dict[str, Field] = {row[0]: Field(*row) for row in _LABELS}

_SITE_LABELS = (
    ("site", _lt("Name"), _SITE, False, True),
    ("site_code", _lt("Site code"), _SITE_CODE, False, True),
    ("customer", _lt("Customer"), _CUSTOMER, False, True),
    ("operator", _lt("Operator"), _OPERATOR, True, False),
    ("address", _lt("Address"), _ADDRESS, True, True),
    ("postcode", _lt("Postcode"), _POSTCODE, False, False),
    ("insee", _lt("INSEE code"), _INSEE, False, True),
    ("city", _lt("City"), _CITY, False, True),
    ("latitude", _lt("Latitude or Y"), _LATITUDE, False, True),
    ("longitude", _lt("Longitude or X"), _LONGITUDE, False, True),
    ("coordinates", _lt("Coordinates"), _COORDINATES, False, False),
    ("phone", _lt("Phone"), _PHONE, False, False),
    ("contact", _lt("Contact"), _CONTACT, False, False),
    ("access", _lt("Access code"), _ACCESS, False, False),
    ("remark", _lt("Remarks"), _REMARK, True, False),
)
SITE_FIELDS: dict[str, Field] = {row[0]: Field(*row) for row in _SITE_LABELS}

_NAME = """nom;nom complet;nom prénom;nom et prénom;nom technicien;technicien;name;full name;
technician;intervenant;agent;employee;salarié;employé;collaborateur;nom de l'agent"""
_FIRST_NAME = "prénom;prenom;first name;given name"
_PERSON_CODE = (
    "code;matricule;trigramme;initiales;initials;id;employee id;badge;code technicien;numéro"
)
_START = """start;début;debut;heure début;heure de début;prise de poste;embauche;de;from;start time;
work from;heure d'embauche;h début;shift start;ouverture"""
_STOP = """end;fin;heure fin;heure de fin;fin de poste;débauche;à;to;end time;stop;work to;h fin;
shift end;fermeture"""
_SKILLS = """skills;compétences;competences;compétence;qualifications;habilitations;skill;
qualification;spécialités;métiers;métier;habilitation;certifications"""
_EMAIL = "email;e-mail;mail;courriel;adresse mail;adresse e-mail"
_PERSON_ADDRESS = """adresse;domicile;adresse domicile;départ;adresse de départ;point de départ;
start address;home;home address;address;dépôt;depot;start point"""
_TEAM = "équipe;equipe;team;agence;branch;secteur;groupe"
_PERSON_LABELS = (
    ("name", _lt("Name"), _NAME, False, True),
    ("first_name", _lt("First name"), _FIRST_NAME, False, False),
    ("code", _lt("Code"), _PERSON_CODE, False, False),
    ("latitude", _lt("Latitude or Y"), _LATITUDE, False, True),
    ("longitude", _lt("Longitude or X"), _LONGITUDE, False, True),
    ("coordinates", _lt("Coordinates"), _COORDINATES, False, False),
    ("address", _lt("Start address"), _PERSON_ADDRESS, True, False),
    ("postcode", _lt("Postcode"), _POSTCODE, False, False),
    ("city", _lt("City"), _CITY, False, False),
    ("start", _lt("Work from"), _START, False, True),
    ("end", _lt("Work to"), _STOP, False, True),
    ("skills", _lt("Skills"), _SKILLS, True, True),
    ("phone", _lt("Phone"), _PHONE, False, False),
    ("email", _lt("Email"), _EMAIL, False, False),
    ("team", _lt("Team"), _TEAM, False, False),
)
TECHNICIAN_FIELDS: dict[str, Field] = {row[0]: Field(*row) for row in _PERSON_LABELS}

FIELD_SETS = {
    "planning": PLANNING_FIELDS,
    "sites": SITE_FIELDS,
    "technicians": TECHNICIAN_FIELDS,
}
_UNITS = re.compile(r"[(\[].*?[)\]]|\ben\s+(?:min|h)\w*\b")


@dataclass(frozen=True)
class _Title:
    normal: str
    tight: str
    words: frozenset[str]


def _prepare(fields: dict[str, Field]) -> dict[str, list[_Title]]:
    return {
        key: [_title(text) for text in spec.titles.replace("\n", " ").split(";") if text.strip()]
        for key, spec in fields.items()
    }


def _title(text: str) -> _Title:
    return _Title(normalise(text), compact(text), frozenset(content_tokens(text)))


_PREPARED = {kind: _prepare(fields) for kind, fields in FIELD_SETS.items()}
_USUAL = {
    kind: frozenset(known.tight for titles in prepared.values() for known in titles)
    for kind, prepared in _PREPARED.items()
}


def is_usual_title(title: str, kind: str) -> bool:
    """Whether `title` is one of the usual titles, whatever its case, accents and units."""
    return compact(title) in _USUAL[kind] or compact(_UNITS.sub(" ", fold(title))) in _USUAL[kind]


@lru_cache(maxsize=8192)
def score_titles(title: str, kind: str) -> dict[str, float]:
    """How well a column's title fits each field, from 0 (left out) to 1.

    :param title: the title as typed
    :param kind: "planning", "sites" or "technicians"
    """
    if not title or not re.search("[^\\W\\d]", title) or len(title) > 60:
        return {}
    bare = _UNITS.sub(" ", fold(title)) or title
    wanted, plain = _title(title), _title(bare)
    scores: dict[str, float] = {}
    for key, titles in _PREPARED[kind].items():
        score = max(max(_fit(wanted, known), _fit(plain, known)) for known in titles)
        if FIELD_SETS[kind][key].several and score < 0.66:
            continue  # fields that take several columns must not swallow the rest
        if score > 0:
            scores[key] = round(score, 3)
    return scores


def _fit(title: _Title, known: _Title) -> float:
    if not title.tight:
        return 0.0
    if title.normal == known.normal:
        return 1.0
    if title.tight == known.tight:
        return 0.98
    if title.words and title.words == known.words:
        return 0.95
    shared = len(title.words & known.words)
    if shared and known.words <= title.words and len(known.tight) > 2:
        # "Date souhaitée du RDV": the longer the known part, the surer.
        share = shared / len(title.words)
        begins = title.normal.split()[0] == known.normal.split()[0]
        return 0.5 + 0.35 * share if share >= 0.5 or (begins and share >= 0.3) else 0.0
    if (
        len(known.tight) >= 5
        and len(title.tight) >= 5
        and edit_distance(title.tight, known.tight) == 1
    ):
        return 0.8
    if len(title.tight) >= 4 and known.tight.startswith(title.tight) and len(known.words) == 1:
        return 0.75
    return 0.0
