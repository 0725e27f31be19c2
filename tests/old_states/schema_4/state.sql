PRAGMA page_size = 8192;
PRAGMA application_id = 1735620963;
PRAGMA user_version = 4;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'growthsync','001_contacts','2026-12-01 03:22:24.542463+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'growthsync','002_messages','2026-12-01 03:22:24.552586+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'growthsync','003_enrichment','2026-12-01 03:22:24.556323+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'growthsync','004_by_hand','2026-12-01 03:22:24.562434+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'growthsync','005_notify','2026-12-01 03:22:24.572744+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'growthsync','006_tokens','2026-12-01 03:22:24.576406+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'growthsync','007_webhooks','2026-12-01 03:22:24.580716+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'growthsync','008_page','2026-12-01 03:22:24.585114+00:00');
INSERT INTO "_sqlite_migrations" VALUES(9,'growthsync','009_owed','2026-12-01 03:22:24.587532+00:00');
INSERT INTO "_sqlite_migrations" VALUES(10,'growthsync','010_addresses','2026-12-01 03:22:24.596773+00:00');
INSERT INTO "_sqlite_migrations" VALUES(11,'growthsync','011_kept_times','2026-12-01 03:22:24.601245+00:00');
INSERT INTO "_sqlite_migrations" VALUES(12,'growthsync','012_numbers','2026-12-01 03:22:24.615411+00:00');
INSERT INTO "_sqlite_migrations" VALUES(13,'growthsync','013_lifted','2026-12-01 03:22:24.624305+00:00');
INSERT INTO "_sqlite_migrations" VALUES(14,'growthsync','014_open_again','2026-12-01 03:22:24.626690+00:00');
INSERT INTO "_sqlite_migrations" VALUES(15,'growthsync','015_bare_markers','2026-12-01 03:22:24.632703+00:00');
INSERT INTO "_sqlite_migrations" VALUES(16,'growthsync','016_parked','2026-12-01 03:22:24.636382+00:00');
CREATE TABLE about (name TEXT PRIMARY KEY, meaning TEXT NOT NULL);
INSERT INTO "about" VALUES('about','What each table of this file holds.');
INSERT INTO "about" VALUES('account','One row per account of the config file, with its identity when it was first used.');
INSERT INTO "about" VALUES('setting','Settings of an account (custom fields, users, location), read once a day.');
INSERT INTO "about" VALUES('allowance','Recent calls, calls of the day and limits of each account: the rate limit that all processes share.');
INSERT INTO "about" VALUES('connection','Two accounts that are kept in sync.');
INSERT INTO "about" VALUES('mapping','All mappings that were in force; the last one of a connection is the present one.');
INSERT INTO "about" VALUES('cursor','Intervals of time that have been read and synced (''covered''), or read into the index (''indexed'').');
INSERT INTO "about" VALUES('person','Identity index: every contact ever read on a side, with e-mail, name and numbers, linked or not.');
INSERT INTO "about" VALUES('number','Identity index by phone number.');
INSERT INTO "about" VALUES('address','Identity index by the further e-mail addresses of records.');
INSERT INTO "about" VALUES('link','Two records of one contact, or two of one message, and what each showed when both last agreed.');
INSERT INTO "about" VALUES('message','Index of messages: every message ever listed on a side, by contact, time and a digest of its text.');
INSERT INTO "about" VALUES('stream','The settings that a stream was last read with, and how far it has followed new links.');
INSERT INTO "about" VALUES('intent','Writes with an unknown outcome. Empty when no run is going on and none was interrupted.');
INSERT INTO "about" VALUES('conflict','Fields that changed on both sides, until a user or a later edit settles them.');
INSERT INTO "about" VALUES('failure','Records that could not be synced, with the reason, until they are synced or dismissed.');
INSERT INTO "about" VALUES('trouble','Records that met a transient error when they were written, and in how many runs.');
INSERT INTO "about" VALUES('history','Every value that was overwritten: where, by which rule and in which run.');
INSERT INTO "about" VALUES('held','Fields that differ on both sides because a user wanted it, until their next edit.');
INSERT INTO "about" VALUES('parked','Linked contacts that left the scope of their connection, so that nothing of them is synced.');
INSERT INTO "about" VALUES('owed','Values that have no place at the other side yet, until a run can write them.');
INSERT INTO "about" VALUES('forgotten','Erased contacts that are not synced again, as salted hashes of their ids, addresses and numbers.');
INSERT INTO "about" VALUES('lifted','Contacts that are synced again after an erasure, as the same hashes, until both records are linked.');
INSERT INTO "about" VALUES('salt','The salt of these hashes.');
INSERT INTO "about" VALUES('run','Runs and their reports.');
INSERT INTO "about" VALUES('company','What an account that knows companies answered, by domain: each look-up may cost money.');
INSERT INTO "about" VALUES('holder','The process that holds the lock of a connection (the lock itself is a file beside this one).');
INSERT INTO "about" VALUES('progress','When each stream last completed a run, and when both sides were last compared in full.');
INSERT INTO "about" VALUES('schedule','The next runs of the daemon, while one is running.');
INSERT INTO "about" VALUES('token','OAuth tokens of accounts, encrypted under a key that is not in this file.');
INSERT INTO "about" VALUES('told','The causes that the command under [notify] was called for, until they are over.');
INSERT INTO "about" VALUES('hint','Records that have changed according to a webhook, until a run has read them: ids and times, nothing else.');
INSERT INTO "about" VALUES('webhook','Digests of the ids of webhooks that arrived, while they could be sent again.');
INSERT INTO "about" VALUES('heard','When the last webhook for a connection arrived.');
INSERT INTO "about" VALUES('tally','What runs did, counted per day; day 0 has the sums of days before the history that is kept.');
CREATE TABLE account (
  name TEXT PRIMARY KEY, connector TEXT NOT NULL, identity TEXT NOT NULL
);
INSERT INTO "account" VALUES('gg','growthgenius','{"user_ids": ["78"]}');
INSERT INTO "account" VALUES('gh','growthhub','{"location": "ve9EPM428h8vShlRW1KT"}');
CREATE TABLE address (
  email TEXT NOT NULL, connection INTEGER NOT NULL REFERENCES connection (id), side TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (email, connection, side, id)
) WITHOUT ROWID;
CREATE TABLE allowance (account TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "allowance" VALUES('gg','17727054040000:3 17727054042500:1 17727054065500:1
{"under_way":[[26,1772705404.251406],[28,1772705406.564013]],"foreign":[],"limit":[1000,10.0,null],"hold":0.0,"daily":null,"next_key":29,"day":20517,"today":7,"at":1772705406.564087,"spans":[]}');
INSERT INTO "allowance" VALUES('gh','17727054038500:1 17727054039000:2 17727054039500:1 17727054040000:1 17727054040500:1 17727054066500:1 17727054067000:1 17727054068000:2 17727054071000:2 17727054071500:3 17727054074000:1
{"under_way":[[71,1772705404.015287],[82,1772705407.363707]],"foreign":[],"limit":[1000,10.0,null],"hold":0.0,"daily":null,"next_key":83,"day":20517,"today":18,"at":1772705407.363781,"spans":[]}');
CREATE TABLE company (
  account TEXT NOT NULL, domain TEXT NOT NULL, found TEXT, asked_ms INTEGER NOT NULL,
  PRIMARY KEY (account, domain)
) WITHOUT ROWID;
CREATE TABLE "conflict" (
  id INTEGER PRIMARY KEY AUTOINCREMENT, connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  link INTEGER NOT NULL REFERENCES link (id) ON DELETE CASCADE, field TEXT NOT NULL, who TEXT NOT NULL,
  left_value TEXT NOT NULL, right_value TEXT NOT NULL, left_changed_ms INTEGER, right_changed_ms INTEGER,
  found_ms INTEGER NOT NULL, run TEXT NOT NULL, resolution TEXT, UNIQUE (link, field)
);
INSERT INTO "conflict" VALUES(1,1,'contacts',1,'city','max@example.com','"Chicago"','"Austin"',1772442000015,1772442000015,1772442159523,'20260302T090238-ec443a',NULL);
INSERT INTO "conflict" VALUES(2,1,'contacts',2,'company','ray@example.com','"Dean Works"','"Dean Ltd"',1772442000015,1772442000015,1772442159531,'20260302T090238-ec443a','left');
CREATE TABLE connection (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  left_account TEXT NOT NULL, right_account TEXT NOT NULL
, owed_known INTEGER NOT NULL DEFAULT 0);
INSERT INTO "connection" VALUES(1,'sales','gg','gh',1);
CREATE TABLE cursor (
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL, side TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('covered', 'indexed')), start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
  PRIMARY KEY (connection, stream, side, kind, start_ms)
) WITHOUT ROWID;
INSERT INTO "cursor" VALUES(1,'contacts','left','covered',0,1772528502000);
INSERT INTO "cursor" VALUES(1,'contacts','left','covered',1772614964584,1772618564584);
INSERT INTO "cursor" VALUES(1,'contacts','left','indexed',0,1772618745000);
INSERT INTO "cursor" VALUES(1,'contacts','left','indexed',1772705221577,1772705346000);
INSERT INTO "cursor" VALUES(1,'contacts','right','covered',0,1772528502000);
INSERT INTO "cursor" VALUES(1,'contacts','right','covered',1772614964584,1772618564584);
INSERT INTO "cursor" VALUES(1,'contacts','right','indexed',0,1772705346000);
CREATE TABLE "failure" (
  id INTEGER PRIMARY KEY AUTOINCREMENT, connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  side TEXT NOT NULL, record_id TEXT NOT NULL, account TEXT NOT NULL, who TEXT NOT NULL, operation TEXT NOT NULL,
  reason TEXT NOT NULL, blockers TEXT NOT NULL, digest BLOB, attempts INTEGER NOT NULL,
  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, dismissed TEXT,
  UNIQUE (connection, stream, side, record_id)
);
INSERT INTO "failure" VALUES(1,1,'contacts','left','1102766','gg','one@example.com','double','has the same e-mail as 1102765 on the same side, who is carried; merge them, or change one e-mail','["left:1102765"]',X'365154F5A7A5CD1922CDDBF97C2EBD79',4,1772442158980,1772705404020,1772791804020,NULL);
INSERT INTO "failure" VALUES(2,1,'contacts','left','1102768','gg','two@example.com','double','has the same e-mail as 1102767 on the same side, who is carried; merge them, or change one e-mail','["left:1102767"]',X'F9EB60A6DFF13182AFF543B390EF5213',2,1772442159173,1772528562332,1772614962332,'two people, one mailbox');
CREATE TABLE forgotten (
  digest BLOB NOT NULL, person INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (digest, person)
) WITHOUT ROWID;
CREATE TABLE heard (connection TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE held (
  link INTEGER NOT NULL REFERENCES link (id) ON DELETE CASCADE, field TEXT NOT NULL,
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  since_ms INTEGER NOT NULL, run TEXT NOT NULL, PRIMARY KEY (link, field)
) WITHOUT ROWID;
CREATE TABLE hint (
  connection TEXT NOT NULL, stream TEXT NOT NULL, account TEXT NOT NULL, record TEXT NOT NULL, contact TEXT NOT NULL,
  gone INTEGER NOT NULL, event_ms INTEGER, heard_ms INTEGER NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY (connection, stream, account, record)
) WITHOUT ROWID;
CREATE TABLE history (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, run TEXT NOT NULL,
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL, link INTEGER,
  account TEXT NOT NULL, record_id TEXT NOT NULL, field TEXT NOT NULL, old TEXT, new TEXT, rule TEXT NOT NULL
, source TEXT, shown TEXT, person TEXT);
INSERT INTO "history" VALUES(1,1772442159518,'20260302T090238-ec443a',1,'contacts',1,'gg','1102762','country','null','"US"','filled','gh:5u9XlQtPdbHoYhgpqAFS',NULL,NULL);
INSERT INTO "history" VALUES(2,1772442159518,'20260302T090238-ec443a',1,'contacts',1,'gg','1102762','tags','["a"]','["a", "b"]','carried','gh:5u9XlQtPdbHoYhgpqAFS',NULL,NULL);
INSERT INTO "history" VALUES(3,1772442159526,'20260302T090238-ec443a',1,'contacts',2,'gg','1102763','country','null','"US"','filled','gh:tn8JM9tjAKujnMH1BIIR',NULL,NULL);
INSERT INTO "history" VALUES(4,1772442159533,'20260302T090238-ec443a',1,'contacts',3,'gg','1102764','website','null','"https://example.com"','filled','gh:k9EQUsOhOX0QeFo9UAFi',NULL,NULL);
INSERT INTO "history" VALUES(5,1772442159533,'20260302T090238-ec443a',1,'contacts',3,'gg','1102764','city','"Chicago"','"Salem"','newest','gh:k9EQUsOhOX0QeFo9UAFi',NULL,NULL);
INSERT INTO "history" VALUES(6,1772442159533,'20260302T090238-ec443a',1,'contacts',3,'gg','1102764','country','null','"US"','filled','gh:k9EQUsOhOX0QeFo9UAFi',NULL,NULL);
INSERT INTO "history" VALUES(7,1772442159618,'20260302T090238-ec443a',1,'contacts',1,'gh','5u9XlQtPdbHoYhgpqAFS','tags','["b"]','["a", "b"]','carried','gg:1102762',NULL,NULL);
INSERT INTO "history" VALUES(8,1772442159618,'20260302T090238-ec443a',1,'contacts',1,'gh','5u9XlQtPdbHoYhgpqAFS','owner','null','"dev@example.com"','filled','gg:1102762',NULL,NULL);
INSERT INTO "history" VALUES(9,1772442159625,'20260302T090238-ec443a',1,'contacts',2,'gh','tn8JM9tjAKujnMH1BIIR','owner','null','"dev@example.com"','filled','gg:1102763',NULL,NULL);
INSERT INTO "history" VALUES(10,1772442159626,'20260302T090238-ec443a',1,'contacts',3,'gh','k9EQUsOhOX0QeFo9UAFi','owner','null','"dev@example.com"','filled','gg:1102764',NULL,NULL);
INSERT INTO "history" VALUES(11,1772442159672,'20260302T090238-ec443a',1,'contacts',4,'gg','1102769','*',NULL,NULL,'created','gh:EikhSIP2lSThnVUvOrdx',NULL,NULL);
INSERT INTO "history" VALUES(12,1772442159672,'20260302T090238-ec443a',1,'contacts',5,'gg','1102770','*',NULL,NULL,'created','gh:EzfZLC6xisUSo6VMFksb',NULL,NULL);
INSERT INTO "history" VALUES(13,1772442159672,'20260302T090238-ec443a',1,'contacts',6,'gg','1102771','*',NULL,NULL,'created','gh:azFbio3sgS4ntuMz5bLP',NULL,NULL);
INSERT INTO "history" VALUES(14,1772442159672,'20260302T090238-ec443a',1,'contacts',7,'gg','1102772','*',NULL,NULL,'created','gh:wSRejF9Qbwx9241U774e',NULL,NULL);
INSERT INTO "history" VALUES(15,1772442159783,'20260302T090238-ec443a',1,'contacts',8,'gh','BsIVi0WWknwSkfCrI6D5','*',NULL,NULL,'created','gg:1102756',NULL,NULL);
INSERT INTO "history" VALUES(16,1772442159783,'20260302T090238-ec443a',1,'contacts',9,'gh','uzR3mCGV2OIN3y0Suy8A','*',NULL,NULL,'created','gg:1102757',NULL,NULL);
INSERT INTO "history" VALUES(17,1772442159783,'20260302T090238-ec443a',1,'contacts',10,'gh','S0EcgmJn5OKWYAg8OLff','*',NULL,NULL,'created','gg:1102758',NULL,NULL);
INSERT INTO "history" VALUES(18,1772442159783,'20260302T090238-ec443a',1,'contacts',11,'gh','3JPDxFWcxMA3fLrA2ydu','*',NULL,NULL,'created','gg:1102760',NULL,NULL);
INSERT INTO "history" VALUES(19,1772442159783,'20260302T090238-ec443a',1,'contacts',12,'gh','zM5XFdv4hFnC4EFYaCqe','*',NULL,NULL,'created','gg:1102761',NULL,NULL);
INSERT INTO "history" VALUES(20,1772442159783,'20260302T090238-ec443a',1,'contacts',13,'gh','D19EnDocy4VtkeVWXS3M','*',NULL,NULL,'created','gg:1102765',NULL,NULL);
INSERT INTO "history" VALUES(21,1772442159783,'20260302T090238-ec443a',1,'contacts',14,'gh','Mbrz8jCrzIjNcqN7M2wC','*',NULL,NULL,'created','gg:1102767',NULL,NULL);
INSERT INTO "history" VALUES(22,1772442159820,'20260302T090238-ec443a',1,'contacts',15,'gh','9ChNuT6damDGDcyjEPx2','*',NULL,NULL,'created','gg:1102759',NULL,NULL);
INSERT INTO "history" VALUES(23,1772528562128,'20260303T090242-3f4d3e',1,'contacts',12,'gh','zM5XFdv4hFnC4EFYaCqe','*',NULL,NULL,'found deleted',NULL,NULL,NULL);
INSERT INTO "history" VALUES(24,1796095346467,'',1,'contacts',NULL,'gg','1102768','*',NULL,'"two people, one mailbox"','dismissed',NULL,NULL,NULL);
INSERT INTO "history" VALUES(25,1772618685256,'20260304T100444-41dda5',1,'contacts',9,'gh','uzR3mCGV2OIN3y0Suy8A','phone','"+12125550123"','"+12125550133"','carried','gg:1102757',NULL,NULL);
INSERT INTO "history" VALUES(26,1772618685256,'20260304T100444-41dda5',1,'contacts',9,'gh','uzR3mCGV2OIN3y0Suy8A','city','"Boston"','null','carried','gg:1102757',NULL,NULL);
INSERT INTO "history" VALUES(27,1772618805628,'20260304T100645-e8362b',1,'contacts',8,'gg','1102756','tags','["lead", "VIP"]','["lead", "met", "VIP"]','carried','gh:BsIVi0WWknwSkfCrI6D5',NULL,NULL);
INSERT INTO "history" VALUES(28,1772705406786,'20260305T101006-67678e',1,'contacts',15,'gh','9ChNuT6damDGDcyjEPx2','company','null','"Ford & Sons"','carried','gg:1102759',NULL,NULL);
CREATE TABLE holder (connection TEXT PRIMARY KEY, pid INTEGER NOT NULL, host TEXT NOT NULL, since_ms INTEGER NOT NULL);
INSERT INTO "holder" VALUES('sales',4242,'host.example.com',1772705406471);
CREATE TABLE intent (
  id INTEGER PRIMARY KEY, run TEXT NOT NULL, connection INTEGER NOT NULL REFERENCES connection (id),
  stream TEXT NOT NULL, side TEXT NOT NULL, source_id TEXT NOT NULL, sent_ms INTEGER NOT NULL, sent TEXT NOT NULL,
  source TEXT NOT NULL, UNIQUE (connection, stream, side, source_id)
);
INSERT INTO "intent" VALUES(1,'20260305T101003-bf4beb',1,'contacts','left','EikhSIP2lSThnVUvOrdx',1772705404127,'{"city": "Salem", "tags": ["lead"]}','{"record": "1102769", "look": {"digest": "ca97a1a6ed6e332609069356b2042ffd", "updated": 1772442159642, "others": "0b25918aed5134aca797b70d50e9e43f"}, "run": "20260305T101003-bf4beb", "memory": null, "target": {"city": "Salem", "tags": ["lead"]}, "source": {"city": "Salem", "tags": ["lead"]}, "history": {"city": ["\"Denver\"", "carried", "gh:EikhSIP2lSThnVUvOrdx"], "tags": ["[\"asked\", \"lead\"]", "carried", "gh:EikhSIP2lSThnVUvOrdx"]}, "kept": {"left": {}, "right": {"city": ["Salem", 1772705221577]}}}');
INSERT INTO "intent" VALUES(2,'20260305T101006-67678e',1,'contacts','right','1102773',1772705407426,'{"first_name": "Joy", "last_name": "West", "keywords": "crm,mail", "email": "joy@example.com", "owner": "dev@example.com"}','{"shadow": "[\"Joy\",\"West\",\"joy@example.com\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"crm,mail\",\"\",\"\",\"\",\"\",\"\",\"dev@example.com\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]", "mapping": 1, "memory": {}, "digest": "272e0ee2ebf44eb5e63e9afab2ad4dca", "withheld": [], "owed": {}, "enriched": [], "person": "{\"id\":\"1102773\",\"fields\":{\"first_name\":\"Joy\",\"last_name\":\"West\",\"company\":null,\"title\":null,\"city\":null,\"state\":null,\"industry\":null,\"employee_count\":null,\"annual_revenue\":null,\"stage\":null,\"status\":null,\"keywords\":\"crm,mail\",\"technologies\":null,\"email_status\":null,\"email_confidence\":null,\"custom1\":null,\"custom2\":null,\"custom3\":null,\"custom4\":null,\"custom5\":null,\"custom6\":null,\"custom7\":null,\"custom8\":null,\"custom9\":null,\"email\":\"joy@example.com\",\"website\":null,\"linkedin_url\":null,\"twitter_url\":null,\"facebook_url\":null,\"country\":null,\"tags\":null,\"lists\":null,\"mobile_phone\":null,\"first_phone\":null,\"work_phone\":null,\"corporate_phone\":null,\"home_phone\":null,\"other_phone\":null,\"phone\":null,\"do_not_contact\":null,\"owner\":\"dev@example.com\"},\"created\":1772705281577,\"updated\":1772705281578,\"marker\":null,\"phones\":[],\"unmapped\":{},\"memory\":{},\"emails\":[\"joy@example.com\"],\"bare\":false}"}');
INSERT INTO "intent" VALUES(3,'20260305T101006-67678e',1,'contacts','right','1102774',1772705407427,'{"first_name": "Kim", "last_name": "East", "city": "Dover", "email": "kim@example.com", "owner": "dev@example.com"}','{"shadow": "[\"Kim\",\"East\",\"kim@example.com\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"Dover\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"dev@example.com\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]", "mapping": 1, "memory": {}, "digest": "245f0e695565a38e00b785780a1b104d", "withheld": [], "owed": {}, "enriched": [], "person": "{\"id\":\"1102774\",\"fields\":{\"first_name\":\"Kim\",\"last_name\":\"East\",\"company\":null,\"title\":null,\"city\":\"Dover\",\"state\":null,\"industry\":null,\"employee_count\":null,\"annual_revenue\":null,\"stage\":null,\"status\":null,\"keywords\":null,\"technologies\":null,\"email_status\":null,\"email_confidence\":null,\"custom1\":null,\"custom2\":null,\"custom3\":null,\"custom4\":null,\"custom5\":null,\"custom6\":null,\"custom7\":null,\"custom8\":null,\"custom9\":null,\"email\":\"kim@example.com\",\"website\":null,\"linkedin_url\":null,\"twitter_url\":null,\"facebook_url\":null,\"country\":null,\"tags\":null,\"lists\":null,\"mobile_phone\":null,\"first_phone\":null,\"work_phone\":null,\"corporate_phone\":null,\"home_phone\":null,\"other_phone\":null,\"phone\":null,\"do_not_contact\":null,\"owner\":\"dev@example.com\"},\"created\":1772705281578,\"updated\":1772705281578,\"marker\":null,\"phones\":[],\"unmapped\":{},\"memory\":{},\"emails\":[\"kim@example.com\"],\"bare\":false}"}');
INSERT INTO "intent" VALUES(4,'20260305T101006-67678e',1,'contacts','right','1102775',1772705407427,'{"first_name": "Leo", "last_name": "North", "city": "Logan", "owner": "dev@example.com"}','{"shadow": "[\"Leo\",\"North\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"Logan\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"dev@example.com\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]", "mapping": 1, "memory": {}, "digest": "ca2930983611257835193684b40bece0", "withheld": [], "owed": {}, "enriched": [], "person": "{\"id\":\"1102775\",\"fields\":{\"first_name\":\"Leo\",\"last_name\":\"North\",\"company\":null,\"title\":null,\"city\":\"Logan\",\"state\":null,\"industry\":null,\"employee_count\":null,\"annual_revenue\":null,\"stage\":null,\"status\":null,\"keywords\":null,\"technologies\":null,\"email_status\":null,\"email_confidence\":null,\"custom1\":null,\"custom2\":null,\"custom3\":null,\"custom4\":null,\"custom5\":null,\"custom6\":null,\"custom7\":null,\"custom8\":null,\"custom9\":null,\"email\":null,\"website\":null,\"linkedin_url\":null,\"twitter_url\":null,\"facebook_url\":null,\"country\":null,\"tags\":null,\"lists\":null,\"mobile_phone\":null,\"first_phone\":null,\"work_phone\":null,\"corporate_phone\":null,\"home_phone\":null,\"other_phone\":null,\"phone\":null,\"do_not_contact\":null,\"owner\":\"dev@example.com\"},\"created\":1772705281578,\"updated\":1772705281578,\"marker\":null,\"phones\":[],\"unmapped\":{},\"memory\":{},\"emails\":[],\"bare\":false}"}');
CREATE TABLE lifted (digest BLOB NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (digest, person)) WITHOUT ROWID;
CREATE TABLE link (
  id INTEGER PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  left_id TEXT NOT NULL, right_id TEXT NOT NULL,
  left_shadow TEXT NOT NULL, right_shadow TEXT NOT NULL,
  left_memory TEXT, right_memory TEXT,
  left_digest BLOB, right_digest BLOB,
  left_seen_ms INTEGER, right_seen_ms INTEGER,
  left_wrote_ms INTEGER, right_wrote_ms INTEGER,
  mapping INTEGER NOT NULL REFERENCES mapping (id), gone TEXT, run TEXT NOT NULL
, left_unmapped TEXT, right_unmapped TEXT, left_kept TEXT, right_kept TEXT);
INSERT INTO "link" VALUES(1,1,'contacts','1102762','5u9XlQtPdbHoYhgpqAFS','["Max","Bell","max@example.com","",null,null,null,null,null,null,"",null,"",null,null,null,null,"","US",null,null,null,null,null,["a","b"],null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]','["Max","Bell","max@example.com","",null,null,null,null,null,null,"",null,"",null,null,null,null,"","US",null,null,null,null,null,["a","b"],null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]',NULL,NULL,X'18ABA66A4A8F1C3A27090F500691F87C',X'67E0E73640B49AF22027969B48D6EB43',1772442159459,1772442159576,1772442159459,1772442159576,1,NULL,'20260302T090238-ec443a',NULL,NULL,'{"city": ["Chicago", 1772442000015]}','{"city": ["Austin", 1772442000015]}');
INSERT INTO "link" VALUES(2,1,'contacts','1102763','tn8JM9tjAKujnMH1BIIR','["Ray","Dean","ray@example.com","",null,null,null,null,null,null,null,null,"",null,null,null,"","","US",null,null,null,null,null,"",null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]','["Ray","Dean","ray@example.com","",null,null,null,null,null,null,null,null,"",null,null,null,"","","US",null,null,null,null,null,"",null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]',NULL,NULL,X'BED0878896FDFD0F35D0318C5D9D6554',X'8FE1B15CF2510743A4C47EB745B1AFA4',1772442159490,1772442159598,1772442159490,1772442159598,1,NULL,'20260302T090238-ec443a',NULL,NULL,'{"company": ["Dean Works", 1772442000015]}','{"company": ["Dean Ltd", 1772442000015]}');
INSERT INTO "link" VALUES(3,1,'contacts','1102764','k9EQUsOhOX0QeFo9UAFi','["Ned","Park","ned@example.com","",null,null,null,null,null,null,"",null,"https://example.com",null,null,null,"Salem","","US",null,null,null,null,null,"",null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]','["Ned","Park","ned@example.com","",null,null,null,null,null,null,"",null,"https://example.com",null,null,null,"Salem","","US",null,null,null,null,null,"",null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]',NULL,NULL,X'737B0BB3E1B6DD8D361BA9E107319677',X'453712D0881CC01F65695C3D978E356D',1772442159510,1772442159612,1772442159510,1772442159612,1,NULL,'20260302T090238-ec443a',NULL,NULL,NULL,NULL);
INSERT INTO "link" VALUES(4,1,'contacts','1102769','EikhSIP2lSThnVUvOrdx','["Bob","Lake","bob@example.com","","","","","","","","","","","","","","Denver","","US","","","","","",["asked","lead"],"","","","dev@example.com","","","","","","","","","","","",""]','["Bob","Lake","bob@example.com","",null,null,null,null,null,null,"",null,"",null,null,null,"Denver","","US",null,null,null,null,null,["asked","lead"],null,null,null,"",null,null,"",null,null,null,null,null,null,null,null,null]',NULL,NULL,X'CA97A1A6ED6E332609069356B2042FFD',X'D8CB766382F30D94F6E6737D0B01A3EB',1772442159642,NULL,1772442159642,NULL,1,NULL,'20260302T090238-ec443a',NULL,NULL,NULL,NULL);
INSERT INTO "link" VALUES(5,1,'contacts','1102770','EzfZLC6xisUSo6VMFksb','["Dan","Rock","","+12125550124","","","","","","","Acme","","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Dan","Rock","","+12125550124",null,null,null,null,null,null,"Acme",null,"",null,null,null,"","","US",null,null,null,null,null,"",null,null,null,"",null,null,"",null,null,null,null,null,null,null,null,null]','{"phones": {"mobile_phone": ["+12125550124", "+12125550124"]}, "slot": "mobile_phone"}',NULL,X'E46DD8E9C3EA62F09E92AD2B6CD50621',X'E728985A346F1AD645C9F52A57479DA2',1772442159649,NULL,1772442159649,NULL,1,NULL,'20260302T090238-ec443a',NULL,NULL,NULL,NULL);
INSERT INTO "link" VALUES(6,1,'contacts','1102771','azFbio3sgS4ntuMz5bLP','["Fay","Moss","","","","","","","","","","","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Fay","Moss","","","",null,null,null,null,null,"","","",null,null,null,"","","US","",null,null,null,null,"",null,null,null,"",null,null,"",null,null,null,null,null,null,null,null,null]',NULL,NULL,X'33C3A2FC4866733169007D5CA6085270',X'74DA81C5184810CB19C98A89CA4CA528',1772442159652,1772442159679,1772442159652,1772442159679,1,NULL,'20260302T090238-ec443a',NULL,NULL,NULL,NULL);
INSERT INTO "link" VALUES(7,1,'contacts','1102772','wSRejF9Qbwx9241U774e','["Hal","Dale","hal@example.com","+12125550126","","","","","","","","","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Hal","Dale","hal@example.com","+12125550126",null,null,null,null,null,null,"",null,"",null,null,null,"","","US",null,null,null,null,null,"",null,null,null,"",null,null,"",null,null,null,null,null,null,null,null,null]','{"phones": {"mobile_phone": ["+12125550126", "+12125550126"]}, "slot": "mobile_phone"}',NULL,X'255104B250A3ECFD16F47217B8BBDFC3',X'9609E3C277341937BBCCAA7CCA525668',1772442159659,NULL,1772442159659,NULL,1,NULL,'20260302T090238-ec443a',NULL,NULL,NULL,NULL);
INSERT INTO "link" VALUES(8,1,'contacts','1102756','BsIVi0WWknwSkfCrI6D5','["Ann","Reed","ann@example.com","","","","","","","","","CEO","","","","","","","","","","","","",["lead","met","VIP"],"","","","dev@example.com","","","","","","","","","","","",""]','["Ann","Reed","ann@example.com","","",null,null,null,null,null,"","CEO","",null,null,null,"","","US","",null,null,null,null,["lead","met","vip"],null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]',NULL,NULL,X'6C0A6099032D731B4DDA0C3B6B282486',X'DF8FC9A292F6443F1080A36BFBFC6389',1772618805619,1772442159732,1772618805619,1772442159732,1,NULL,'20260302T090238-ec443a',NULL,NULL,'{"twitter_url": [null, 1772442000015], "status": [null, 1772442000015], "keywords": [null, 1772442000015], "annual_revenue": [null, 1772442000015], "first_phone": [null, 1772442000015], "home_phone": [null, 1772442000015], "linkedin_url": [null, 1772442000015], "custom7": [null, 1772442000015], "custom2": [null, 1772442000015], "email_confidence": [null, 1772442000015], "email_status": [null, 1772442000015], "custom8": [null, 1772442000015], "facebook_url": [null, 1772442000015], "technologies": [null, 1772442000015], "custom3": [null, 1772442000015], "custom6": [null, 1772442000015], "custom1": [null, 1772442000015], "custom5": [null, 1772442000015], "employee_count": [null, 1772442000015], "corporate_phone": [null, 1772442000015], "work_phone": [null, 1772442000015], "other_phone": [null, 1772442000015], "stage": [null, 1772442000015], "custom4": [null, 1772442000015], "custom9": [null, 1772442000015]}',NULL);
INSERT INTO "link" VALUES(9,1,'contacts','1102757','uzR3mCGV2OIN3y0Suy8A','["Cai","Stone","","+12125550133","","","","","","","","","","","","","","","","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Cai","Stone","","+12125550133","",null,null,null,null,null,"","","",null,null,null,"","","US","",null,null,null,null,"",null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]','{"phones": {"mobile_phone": ["+1 212 555 0133", "+12125550133"]}, "slot": "mobile_phone"}',NULL,X'1668FF36D62C3E1548827F8EE55BA907',X'3DEC9E060B91DF385052A6C704019BBE',NULL,1772618685242,NULL,1772618685242,1,NULL,'20260302T090238-ec443a',NULL,NULL,'{"twitter_url": [null, 1772614964584], "status": [null, 1772614964584], "keywords": [null, 1772614964584], "annual_revenue": [null, 1772614964584], "first_phone": [null, 1772614964584], "home_phone": [null, 1772614964584], "linkedin_url": [null, 1772614964584], "custom7": [null, 1772614964584], "custom2": [null, 1772614964584], "email_confidence": [null, 1772614964584], "email_status": [null, 1772614964584], "custom8": [null, 1772614964584], "facebook_url": [null, 1772614964584], "technologies": [null, 1772614964584], "custom3": [null, 1772614964584], "custom6": [null, 1772614964584], "custom1": [null, 1772614964584], "custom5": [null, 1772614964584], "employee_count": [null, 1772614964584], "corporate_phone": [null, 1772614964584], "work_phone": [null, 1772614964584], "other_phone": [null, 1772614964584], "stage": [null, 1772614964584], "custom4": [null, 1772614964584], "custom9": [null, 1772614964584]}',NULL);
INSERT INTO "link" VALUES(10,1,'contacts','1102758','S0EcgmJn5OKWYAg8OLff','["Eve","Wood","","","","","","","","","","","","","","","","","","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Eve","Wood","","",null,null,null,null,null,null,"","","",null,null,null,"","","US","",null,null,null,null,"",null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]',NULL,NULL,X'70DA18CF9440A6C354175526A4A771E8',X'8AC6FDA28279EB29DBF14AD67FA9E821',NULL,1772442159745,NULL,1772442159745,1,NULL,'20260302T090238-ec443a',NULL,NULL,NULL,NULL);
INSERT INTO "link" VALUES(11,1,'contacts','1102760','3JPDxFWcxMA3fLrA2ydu','["Tia","Vale","tia@example.com","","","","","","","","","","","","","","","","","Software","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Tia","Vale","tia@example.com","",null,null,null,null,null,null,"","","",null,null,null,"","","US","Software",null,null,null,null,"",null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]',NULL,NULL,X'2D170B301EA3747E37ED3CBDF466D3A3',X'1182BD36D4ECC1370135FD4992D64245',NULL,1772442159754,NULL,1772442159754,1,NULL,'20260302T090238-ec443a',NULL,NULL,NULL,NULL);
INSERT INTO "link" VALUES(12,1,'contacts','1102761','zM5XFdv4hFnC4EFYaCqe','["Bea","Hart","bea@example.com","","","","","","","","","","","","","","Paris","","FR","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Bea","Hart","bea@example.com","",null,null,null,null,null,null,"","","",null,null,null,"Paris","","FR","",null,null,null,null,"",null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]',NULL,NULL,X'A142BE62E7902D6CFE811165E3A71266',X'14CAD608E97BF030F98AF952F4F83BBA',NULL,1772442159760,NULL,1772442159760,1,'right','20260302T090238-ec443a',NULL,NULL,NULL,NULL);
INSERT INTO "link" VALUES(13,1,'contacts','1102765','D19EnDocy4VtkeVWXS3M','["Old","Twin","one@example.com","","","","","","","","","","","","","","","","","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Old","Twin","one@example.com","",null,null,null,null,null,null,"","","",null,null,null,"","","US","",null,null,null,null,"",null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]',NULL,NULL,X'7954ED0F2E29811B262A6FF228E176AB',X'16AA7F059B67FE39D7AECC4C987BF5A4',NULL,1772442159767,NULL,1772442159767,1,NULL,'20260302T090238-ec443a',NULL,NULL,NULL,NULL);
INSERT INTO "link" VALUES(14,1,'contacts','1102767','Mbrz8jCrzIjNcqN7M2wC','["Sam","Twin","two@example.com","","","","","","","","","","","","","","","","","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Sam","Twin","two@example.com","",null,null,null,null,null,null,"","","",null,null,null,"","","US","",null,null,null,null,"",null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]',NULL,NULL,X'33CC2ECF5B8DFC8E0CC5AF4FAE9977AD',X'E54CCCDCA0E6F82DFDD75492C5522A7C',NULL,1772442159774,NULL,1772442159774,1,NULL,'20260302T090238-ec443a',NULL,NULL,NULL,NULL);
INSERT INTO "link" VALUES(15,1,'contacts','1102759','9ChNuT6damDGDcyjEPx2','["Gus","Ford","gus@example.com","+12125550126","","","","","","","Ford & Sons","","","","","","","","","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Gus","Ford","gus@example.com","","+12125550126",null,null,null,null,null,"Ford & Sons","","",null,null,null,"","","US","",null,null,null,null,"",null,null,null,"dev@example.com",null,null,"",null,null,null,null,null,null,null,null,null]','{"phones": {"mobile_phone": ["+1 212 555 0126", "+12125550126"]}, "slot": "mobile_phone"}',NULL,X'89DEDF4B942DDAA645D84E678F97B5AF',X'6B5DD23CBED7067091279DDC290CC3CA',NULL,1772705406586,NULL,1772705406586,1,NULL,'20260302T090238-ec443a',NULL,NULL,'{"twitter_url": [null, 1772705221577], "status": [null, 1772705221577], "keywords": [null, 1772705221577], "annual_revenue": [null, 1772705221577], "first_phone": [null, 1772705221577], "home_phone": [null, 1772705221577], "linkedin_url": [null, 1772705221577], "custom7": [null, 1772705221577], "custom2": [null, 1772705221577], "email_confidence": [null, 1772705221577], "email_status": [null, 1772705221577], "custom8": [null, 1772705221577], "facebook_url": [null, 1772705221577], "technologies": [null, 1772705221577], "custom3": [null, 1772705221577], "custom6": [null, 1772705221577], "custom1": [null, 1772705221577], "custom5": [null, 1772705221577], "employee_count": [null, 1772705221577], "corporate_phone": [null, 1772705221577], "work_phone": [null, 1772705221577], "other_phone": [null, 1772705221577], "stage": [null, 1772705221577], "custom4": [null, 1772705221577], "custom9": [null, 1772705221577]}',NULL);
CREATE TABLE mapping (
  id INTEGER PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id),
  fingerprint TEXT NOT NULL, fields TEXT NOT NULL
);
INSERT INTO "mapping" VALUES(1,1,'8c6e7279e34e8a98e2996630f68840e5','["first_name", "last_name", "email", "phone", "mobile_phone", "first_phone", "work_phone", "corporate_phone", "home_phone", "other_phone", "company", "title", "website", "linkedin_url", "twitter_url", "facebook_url", "city", "state", "country", "industry", "employee_count", "annual_revenue", "keywords", "technologies", "tags", "lists", "stage", "status", "owner", "email_status", "email_confidence", "do_not_contact", "custom1", "custom2", "custom3", "custom4", "custom5", "custom6", "custom7", "custom8", "custom9"]');
CREATE TABLE message (
  connection INTEGER NOT NULL REFERENCES connection (id), side TEXT NOT NULL, id TEXT NOT NULL,
  contact_id TEXT NOT NULL, sent_ms INTEGER, print BLOB, left_out INTEGER NOT NULL,
  PRIMARY KEY (connection, side, id)
) WITHOUT ROWID;
CREATE TABLE number (
  phone TEXT NOT NULL, connection INTEGER NOT NULL REFERENCES connection (id), side TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (phone, connection, side, id)
) WITHOUT ROWID;
INSERT INTO "number" VALUES('+12125550124',1,'left','1102770');
INSERT INTO "number" VALUES('+12125550124',1,'right','EzfZLC6xisUSo6VMFksb');
INSERT INTO "number" VALUES('+12125550126',1,'left','1102759');
INSERT INTO "number" VALUES('+12125550126',1,'left','1102772');
INSERT INTO "number" VALUES('+12125550126',1,'right','9ChNuT6damDGDcyjEPx2');
INSERT INTO "number" VALUES('+12125550126',1,'right','wSRejF9Qbwx9241U774e');
INSERT INTO "number" VALUES('+12125550133',1,'left','1102757');
INSERT INTO "number" VALUES('+12125550133',1,'right','uzR3mCGV2OIN3y0Suy8A');
CREATE TABLE owed (
  link INTEGER NOT NULL REFERENCES link (id) ON DELETE CASCADE, side TEXT NOT NULL, field TEXT NOT NULL,
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL, value TEXT NOT NULL, run TEXT NOT NULL,
  PRIMARY KEY (link, field, side)
) WITHOUT ROWID;
CREATE TABLE parked (
  link INTEGER NOT NULL REFERENCES link (id) ON DELETE CASCADE, side TEXT NOT NULL,
  connection INTEGER NOT NULL REFERENCES connection (id), since_ms INTEGER NOT NULL, back INTEGER NOT NULL,
  PRIMARY KEY (link, side)
) WITHOUT ROWID;
CREATE TABLE person (
  connection INTEGER NOT NULL REFERENCES connection (id), side TEXT NOT NULL, id TEXT NOT NULL,
  email TEXT, name TEXT NOT NULL, phones TEXT, marker TEXT, created_ms INTEGER, more_emails TEXT, bare_marker INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (connection, side, id)
) WITHOUT ROWID;
INSERT INTO "person" VALUES(1,'left','1102756','ann@example.com','ann reed',NULL,NULL,1772442000014,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102757',NULL,'cai stone','["+12125550133"]',NULL,1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102758',NULL,'eve wood',NULL,NULL,1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102759','gus@example.com','gus ford','["+12125550126"]',NULL,1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102760','tia@example.com','tia vale',NULL,NULL,1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102761','bea@example.com','bea hart',NULL,NULL,1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102762','max@example.com','max bell',NULL,NULL,1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102763','ray@example.com','ray dean',NULL,NULL,1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102764','ned@example.com','ned park',NULL,NULL,1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102765','one@example.com','old twin',NULL,NULL,1772442031015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102766','one@example.com','new twin',NULL,NULL,1772442032015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102767','two@example.com','sam twin',NULL,NULL,1772442033015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102768','two@example.com','tom twin',NULL,NULL,1772442034015,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102769','bob@example.com','bob lake',NULL,NULL,1772442159642,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102770',NULL,'dan rock','["+12125550124"]',NULL,1772442159649,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102771',NULL,'fay moss',NULL,NULL,1772442159652,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102772','hal@example.com','hal dale','["+12125550126"]',NULL,1772442159659,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102773','joy@example.com','joy west',NULL,NULL,1772705281577,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102774','kim@example.com','kim east',NULL,NULL,1772705281578,NULL,0);
INSERT INTO "person" VALUES(1,'left','1102775',NULL,'leo north',NULL,NULL,1772705281578,NULL,0);
INSERT INTO "person" VALUES(1,'right','3JPDxFWcxMA3fLrA2ydu','tia@example.com','tia vale',NULL,'1102760',1772442159754,NULL,0);
INSERT INTO "person" VALUES(1,'right','5u9XlQtPdbHoYhgpqAFS','max@example.com','max bell',NULL,'1102762',1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'right','9ChNuT6damDGDcyjEPx2','gus@example.com','gus ford','["+12125550126"]','1102759',1772442159818,NULL,0);
INSERT INTO "person" VALUES(1,'right','BsIVi0WWknwSkfCrI6D5','ann@example.com','ann reed',NULL,'1102756',1772442159732,NULL,0);
INSERT INTO "person" VALUES(1,'right','D19EnDocy4VtkeVWXS3M','one@example.com','old twin',NULL,'1102765',1772442159767,NULL,0);
INSERT INTO "person" VALUES(1,'right','EikhSIP2lSThnVUvOrdx','bob@example.com','bob lake',NULL,NULL,1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'right','EzfZLC6xisUSo6VMFksb',NULL,'dan rock','["+12125550124"]',NULL,1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'right','Mbrz8jCrzIjNcqN7M2wC','two@example.com','sam twin',NULL,'1102767',1772442159774,NULL,0);
INSERT INTO "person" VALUES(1,'right','S0EcgmJn5OKWYAg8OLff',NULL,'eve wood',NULL,'1102758',1772442159745,NULL,0);
INSERT INTO "person" VALUES(1,'right','azFbio3sgS4ntuMz5bLP',NULL,'fay moss',NULL,'1102771',1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'right','k9EQUsOhOX0QeFo9UAFi','ned@example.com','ned park',NULL,'1102764',1772442030015,NULL,0);
INSERT INTO "person" VALUES(1,'right','tn8JM9tjAKujnMH1BIIR','ray@example.com','ray dean',NULL,'1102763',1772442000015,NULL,0);
INSERT INTO "person" VALUES(1,'right','uzR3mCGV2OIN3y0Suy8A',NULL,'cai stone','["+12125550133"]','1102757',1772442159737,NULL,0);
INSERT INTO "person" VALUES(1,'right','wSRejF9Qbwx9241U774e','hal@example.com','hal dale','["+12125550126"]',NULL,1772442000015,NULL,0);
CREATE TABLE progress (
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  ended_ms INTEGER NOT NULL, reconciled_ms INTEGER NOT NULL, PRIMARY KEY (connection, stream)
) WITHOUT ROWID;
INSERT INTO "progress" VALUES(1,'contacts',1772618685263,1772528562351);
CREATE TABLE run (
  id TEXT PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id),
  started_ms INTEGER NOT NULL, finished_ms INTEGER, status TEXT, report TEXT
, undoes TEXT);
INSERT INTO "run" VALUES('20260302T090238-ec443a',1,1772442158768,1772442159838,'partial','{"run": "20260302T090238-ec443a", "connection": "sales", "status": "partial", "started_at": "2026-03-02T09:02:38.748588Z", "finished_at": "2026-03-02T09:02:39.838177Z", "dry_run": false, "streams": {"contacts": {"window": {"gg": {"from": "1970-01-01T00:00:00Z", "to": "2026-03-02T09:01:38Z"}, "gh": {"from": "1970-01-01T00:00:00Z", "to": "2026-03-02T09:01:38Z"}}, "gg": {"read": 13, "created": 4, "updated": 3, "deleted": 0}, "gh": {"read": 7, "created": 8, "updated": 3, "deleted": 0}, "unchanged": 0, "conflicts": 2, "failed": 2, "unmapped": 1, "left_out": 0}}, "fields_created": {"gh": ["contact.growthgenius_id", "contact.job_title", "contact.industry", "contact.mobile_phone"]}, "requests": {"gg": {"reads": 5, "writes": 7, "retries": 0, "throttled": 0}, "gh": {"reads": 8, "writes": 18, "retries": 0, "throttled": 0}}, "errors": [], "plan": []}',NULL);
INSERT INTO "run" VALUES('20260303T090242-3f4d3e',1,1772528562026,1772528562351,'partial','{"run": "20260303T090242-3f4d3e", "connection": "sales", "status": "partial", "started_at": "2026-03-03T09:02:42.002872Z", "finished_at": "2026-03-03T09:02:42.351399Z", "dry_run": false, "streams": {"contacts": {"window": {"gg": {"from": "1970-01-01T00:00:00Z", "to": "2026-03-03T09:01:42Z"}, "gh": {"from": "1970-01-01T00:00:00Z", "to": "2026-03-03T09:01:42Z"}}, "gg": {"read": 17, "created": 0, "updated": 0, "deleted": 0}, "gh": {"read": 14, "created": 0, "updated": 0, "deleted": 0}, "unchanged": 15, "conflicts": 2, "failed": 2, "unmapped": 0, "left_out": 0}}, "fields_created": {}, "requests": {"gg": {"reads": 2, "writes": 0, "retries": 0, "throttled": 0}, "gh": {"reads": 6, "writes": 0, "retries": 0, "throttled": 0}}, "errors": [], "plan": []}',NULL);
INSERT INTO "run" VALUES('20260304T100444-41dda5',1,1772618684803,1772618685263,'partial','{"run": "20260304T100444-41dda5", "connection": "sales", "status": "partial", "started_at": "2026-03-04T10:04:44.749887Z", "finished_at": "2026-03-04T10:04:45.263115Z", "dry_run": false, "streams": {"contacts": {"window": {"gg": {"from": "2026-03-04T09:02:44.584000Z", "to": "2026-03-04T10:02:44.584000Z"}, "gh": {"from": "2026-03-04T09:02:44.584000Z", "to": "2026-03-04T10:02:44.584000Z"}}, "gg": {"read": 1, "created": 0, "updated": 0, "deleted": 0}, "gh": {"read": 0, "created": 0, "updated": 1, "deleted": 0}, "unchanged": 0, "conflicts": 2, "failed": 1, "unmapped": 0, "left_out": 0}}, "fields_created": {}, "requests": {"gg": {"reads": 4, "writes": 0, "retries": 0, "throttled": 0}, "gh": {"reads": 8, "writes": 1, "retries": 0, "throttled": 0}}, "errors": [], "plan": []}',NULL);
INSERT INTO "run" VALUES('20260304T100645-e8362b',1,1772618805410,1772618821536,'failed','{"run": "20260304T100645-e8362b", "connection": "sales", "status": "failed", "started_at": "2026-03-04T10:06:45.388364Z", "finished_at": "2026-03-04T10:07:01.535484Z", "dry_run": false, "streams": {"contacts": {"window": {"gg": {"from": "2026-03-03T08:51:42Z", "to": "2026-03-04T10:05:45Z"}, "gh": {"from": "2026-03-03T08:51:42Z", "to": "2026-03-04T10:05:45Z"}}, "gg": {"read": 2, "created": 0, "updated": 1, "deleted": 0}, "gh": {"read": 2, "created": 0, "updated": 0, "deleted": 0}, "unchanged": 1, "conflicts": 2, "failed": 1, "unmapped": 0, "left_out": 0}}, "fields_created": {}, "requests": {"gg": {"reads": 3, "writes": 1, "retries": 0, "throttled": 0}, "gh": {"reads": 16, "writes": 7, "retries": 0, "throttled": 0}}, "errors": ["gh: 127.0.0.1:45221, PUT /contacts/3JPDxFWcxMA3fLrA2ydu: it answered 500: Internal server error; it may have taken effect"], "plan": []}',NULL);
INSERT INTO "run" VALUES('20260305T101003-bf4beb',1,1772705403818,NULL,NULL,NULL,NULL);
INSERT INTO "run" VALUES('20260305T101006-67678e',1,1772705406506,NULL,NULL,NULL,NULL);
CREATE TABLE salt (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL);
CREATE TABLE schedule (
  connection TEXT NOT NULL, stream TEXT NOT NULL, next_ms INTEGER, delayed TEXT NOT NULL,
  PRIMARY KEY (connection, stream)
) WITHOUT ROWID;
CREATE TABLE setting (
  account TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, stored_ms INTEGER NOT NULL,
  PRIMARY KEY (account, key)
) WITHOUT ROWID;
INSERT INTO "setting" VALUES('gg','body_style','{"digest": "9ed9bd8cbd0e861c", "value": {"style": "wrapped", "proven": true}}',1772618805622);
INSERT INTO "setting" VALUES('gg','directory','{"digest": "6de35aa58a9e9aa9", "value": [[78, "dev@example.com", 1]]}',1772705403955);
INSERT INTO "setting" VALUES('gh','custom_fields','{"digest": "bf75e1d550ce18f6", "value": {"readable": true, "fields": [["GesgQlX564HnybfeFaNi", "contact.growthgenius_id", "GrowthGenius ID", "TEXT", []], ["iFc3vT0k8U1gybSTENYD", "contact.job_title", "Job Title", "TEXT", []], ["w6SBqVXRePacL8n9XrvK", "contact.industry", "Industry", "TEXT", []], ["Jyrlmyhs1CxL0xnwhtmk", "contact.mobile_phone", "Mobile Phone", "TEXT", []], ["hIkqtqR2LXPzwWDqJBhV", "contact.keywords", "Keywords", "LARGE_TEXT", []]]}}',1772705407122);
INSERT INTO "setting" VALUES('gh','directory','{"digest": "7e701d3fcb192948", "value": [["gZsdR2Aw6YtHv2xfJS9v", "dev@example.com", true]]}',1772705403924);
INSERT INTO "setting" VALUES('gh','emptied_properties','{"digest": "d76a76fc8fb58033", "value": ["city"]}',1772618685245);
INSERT INTO "setting" VALUES('gh','location','{"digest": "4ec01aa6fdb7f020", "value": {"id": "ve9EPM428h8vShlRW1KT", "companyId": "5DP4iH6HLkQsiKESj6rh", "name": "dentist", "country": "US", "timezone": "America/Chicago", "settings": {"allowDuplicateContact": false, "allowDuplicateOpportunity": false, "allowFacebookNameMerge": false, "disableContactTimezone": false, "contactUniqueIdentifiers": ["email", "phone"]}}}',1772705403900);
CREATE TABLE stream (
  connection INTEGER NOT NULL REFERENCES connection (id), name TEXT NOT NULL, fingerprint TEXT NOT NULL,
  last_link INTEGER NOT NULL, PRIMARY KEY (connection, name)
) WITHOUT ROWID;
CREATE TABLE tally (
  connection INTEGER NOT NULL REFERENCES connection (id), day INTEGER NOT NULL, stream TEXT NOT NULL,
  account TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (connection, day, stream, account, name)
) WITHOUT ROWID;
INSERT INTO "tally" VALUES(1,20514,'','','run partial',1);
INSERT INTO "tally" VALUES(1,20514,'','','took_ms',1090);
INSERT INTO "tally" VALUES(1,20514,'','','within 5',1);
INSERT INTO "tally" VALUES(1,20514,'','gg','reads',5);
INSERT INTO "tally" VALUES(1,20514,'','gg','writes',7);
INSERT INTO "tally" VALUES(1,20514,'','gh','reads',8);
INSERT INTO "tally" VALUES(1,20514,'','gh','writes',18);
INSERT INTO "tally" VALUES(1,20514,'contacts','gg','created',4);
INSERT INTO "tally" VALUES(1,20514,'contacts','gg','read',13);
INSERT INTO "tally" VALUES(1,20514,'contacts','gg','updated',3);
INSERT INTO "tally" VALUES(1,20514,'contacts','gh','created',8);
INSERT INTO "tally" VALUES(1,20514,'contacts','gh','read',7);
INSERT INTO "tally" VALUES(1,20514,'contacts','gh','updated',3);
INSERT INTO "tally" VALUES(1,20515,'','','run partial',1);
INSERT INTO "tally" VALUES(1,20515,'','','took_ms',349);
INSERT INTO "tally" VALUES(1,20515,'','','within 1',1);
INSERT INTO "tally" VALUES(1,20515,'','gg','reads',2);
INSERT INTO "tally" VALUES(1,20515,'','gh','reads',6);
INSERT INTO "tally" VALUES(1,20515,'contacts','gg','read',17);
INSERT INTO "tally" VALUES(1,20515,'contacts','gh','read',14);
INSERT INTO "tally" VALUES(1,20516,'','','run failed',1);
INSERT INTO "tally" VALUES(1,20516,'','','run partial',1);
INSERT INTO "tally" VALUES(1,20516,'','','took_ms',16662);
INSERT INTO "tally" VALUES(1,20516,'','','within 1',1);
INSERT INTO "tally" VALUES(1,20516,'','','within 60',1);
INSERT INTO "tally" VALUES(1,20516,'','gg','reads',7);
INSERT INTO "tally" VALUES(1,20516,'','gg','writes',1);
INSERT INTO "tally" VALUES(1,20516,'','gh','reads',24);
INSERT INTO "tally" VALUES(1,20516,'','gh','writes',8);
INSERT INTO "tally" VALUES(1,20516,'contacts','gg','read',3);
INSERT INTO "tally" VALUES(1,20516,'contacts','gg','updated',1);
INSERT INTO "tally" VALUES(1,20516,'contacts','gh','read',2);
INSERT INTO "tally" VALUES(1,20516,'contacts','gh','updated',1);
CREATE TABLE token (
  account TEXT PRIMARY KEY, key TEXT NOT NULL, nonce BLOB NOT NULL, sealed BLOB NOT NULL,
  stored_ms INTEGER NOT NULL, began_ms INTEGER
) WITHOUT ROWID;
CREATE TABLE told (
  connection TEXT NOT NULL, stream TEXT NOT NULL, cause TEXT NOT NULL, key TEXT NOT NULL,
  since_ms INTEGER NOT NULL, tries INTEGER NOT NULL, told_ms INTEGER, PRIMARY KEY (connection, stream, cause, key)
) WITHOUT ROWID;
CREATE TABLE trouble (
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL, side TEXT NOT NULL,
  record_id TEXT NOT NULL, runs INTEGER NOT NULL, PRIMARY KEY (connection, stream, side, record_id)
) WITHOUT ROWID;
INSERT INTO "trouble" VALUES(1,'contacts','left','1102760',1);
CREATE TABLE webhook (digest BLOB PRIMARY KEY, heard_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX person_by_email ON person (email, connection, side) WHERE email IS NOT NULL;
CREATE INDEX person_by_marker ON person (marker, connection, side) WHERE marker IS NOT NULL;
CREATE UNIQUE INDEX link_by_left ON link (left_id, connection, stream);
CREATE UNIQUE INDEX link_by_right ON link (right_id, connection, stream);
CREATE INDEX history_by_link ON history (link);
CREATE INDEX history_by_time ON history (at_ms);
CREATE INDEX run_by_start ON run (connection, started_ms);
CREATE INDEX message_by_person ON message (contact_id, connection, side, sent_ms);
CREATE INDEX history_by_record ON history (record_id);
CREATE INDEX history_by_run ON history (run);
CREATE INDEX history_by_person ON history (person) WHERE person IS NOT NULL;
CREATE INDEX webhook_by_time ON webhook (heard_ms);
CREATE INDEX link_gone ON link (connection) WHERE gone IS NOT NULL;
CREATE INDEX held_by_connection ON held (connection);
CREATE INDEX run_by_time ON run (started_ms, id);
CREATE INDEX owed_by_field ON owed (connection, side, field, link);
CREATE INDEX conflict_open ON conflict (connection) WHERE resolution IS NULL;
CREATE INDEX failure_open ON failure (connection) WHERE dismissed IS NULL;
CREATE INDEX parked_of ON parked (connection);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('conflict',4);
INSERT INTO "sqlite_sequence" VALUES('failure',6);
COMMIT;
