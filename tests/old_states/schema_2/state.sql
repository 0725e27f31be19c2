PRAGMA page_size = 8192;
PRAGMA application_id = 1735620963;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'growthsync','001_contacts','2026-11-30 16:45:53.186064+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'growthsync','002_messages','2026-11-30 16:45:53.195078+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'growthsync','003_enrichment','2026-11-30 16:45:53.208383+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'growthsync','004_by_hand','2026-11-30 16:45:53.223054+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'growthsync','005_notify','2026-11-30 16:45:53.228039+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'growthsync','006_tokens','2026-11-30 16:45:53.234845+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'growthsync','007_webhooks','2026-11-30 16:45:53.239413+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'growthsync','008_page','2026-11-30 16:45:53.243781+00:00');
CREATE TABLE about (name TEXT PRIMARY KEY, meaning TEXT NOT NULL);
INSERT INTO "about" VALUES('about','What each table of this file remembers.');
INSERT INTO "about" VALUES('account','One row per account of the config file, and what made it itself when it was first used.');
INSERT INTO "about" VALUES('setting','Settings of an account (custom fields, users, location), asked for once a day.');
INSERT INTO "about" VALUES('allowance','Recent calls, calls of the day and limits of each account: the pace that all processes share.');
INSERT INTO "about" VALUES('connection','Two accounts kept in sync.');
INSERT INTO "about" VALUES('mapping','The mappings that were in force, the last one of a connection being the present one.');
INSERT INTO "about" VALUES('cursor','Spans of time that have been dealt with (''covered''), or read into the identity index (''indexed'').');
INSERT INTO "about" VALUES('person','Identity index: everybody ever seen on a side, with e-mail, name and numbers, linked or not.');
INSERT INTO "about" VALUES('number','Identity index by phone number.');
INSERT INTO "about" VALUES('link','Two ids that are one person, or one message, and what each side showed when both last agreed.');
INSERT INTO "about" VALUES('message','Index of messages: every one ever listed on a side, by person, time and a digest of its text.');
INSERT INTO "about" VALUES('stream','What a stream was set up for when it last ran, and how far it has followed new links.');
INSERT INTO "about" VALUES('intent','Writes whose outcome is not known yet. Empty when no run is going on and none was cut off.');
INSERT INTO "about" VALUES('conflict','Fields that changed on both sides, until a person or a later edit settles them.');
INSERT INTO "about" VALUES('failure','Records that could not be carried, with the reason, until they can or are dismissed.');
INSERT INTO "about" VALUES('trouble','Records whose writes met a transient error, and in how many runs.');
INSERT INTO "about" VALUES('history','What was overwritten, where, by which rule and in which run.');
INSERT INTO "about" VALUES('held','Fields in which a person wanted both sides to differ, until the next edit of them.');
INSERT INTO "about" VALUES('forgotten','Who is not to be taken up again, as salted hashes of what would tell them.');
INSERT INTO "about" VALUES('salt','The salt of these hashes.');
INSERT INTO "about" VALUES('run','Runs and their reports.');
INSERT INTO "about" VALUES('company','What an account that knows companies was asked, by domain, and what it knew: each question may cost.');
INSERT INTO "about" VALUES('holder','Who holds the lock on a connection (the lock itself is a file beside this one).');
INSERT INTO "about" VALUES('progress','When a run of each stream last came to its end, and when both sides were last compared in full.');
INSERT INTO "about" VALUES('schedule','What the daemon means to do next, while there is one.');
INSERT INTO "about" VALUES('token','OAuth tokens of accounts, encrypted under a key that is not in this file.');
INSERT INTO "about" VALUES('told','What the command under [notify] was told, until it is over.');
INSERT INTO "about" VALUES('hint','Records that webhooks say have changed, until a run has looked at them: ids and times, nothing else.');
INSERT INTO "about" VALUES('webhook','Digests of the ids of webhooks that were heard, while they could be sent again.');
INSERT INTO "about" VALUES('heard','When a webhook for a connection was last heard.');
INSERT INTO "about" VALUES('tally','What runs did, counted per day; day 0 has what was counted before history is kept.');
CREATE TABLE account (
  name TEXT PRIMARY KEY, connector TEXT NOT NULL, identity TEXT NOT NULL
);
INSERT INTO "account" VALUES('gg','growthgenius','{"user_ids": ["78"]}');
INSERT INTO "account" VALUES('gh','growthhub','{"location": "ve9EPM428h8vShlRW1KT"}');
CREATE TABLE allowance (account TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "allowance" VALUES('gg','17727054091000:2 17727054091500:1 17727054095000:1 17727054121500:1
{"under_way":[[25,1772705409.467474],[27,1772705412.174062]],"foreign":[],"limit":[1000,10.0,null],"hold":0.0,"daily":null,"next_key":28,"day":20517,"today":7}');
INSERT INTO "allowance" VALUES('gh','17727054230500:1 17727054283500:1 17727054316500:1 17727054317000:2 17727054317500:2 17727054321000:1 17727054321500:1
{"under_way":[[61,1772705409.191796],[79,1772705432.110089]],"foreign":[],"limit":[1000,10.0,null],"hold":0.0,"daily":null,"next_key":80,"day":20517,"today":25}');
CREATE TABLE company (
  account TEXT NOT NULL, domain TEXT NOT NULL, found TEXT, asked_ms INTEGER NOT NULL,
  PRIMARY KEY (account, domain)
) WITHOUT ROWID;
CREATE TABLE conflict (
  id INTEGER PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  link INTEGER NOT NULL REFERENCES link (id) ON DELETE CASCADE, field TEXT NOT NULL, who TEXT NOT NULL,
  left_value TEXT NOT NULL, right_value TEXT NOT NULL, left_changed_ms INTEGER, right_changed_ms INTEGER,
  found_ms INTEGER NOT NULL, run TEXT NOT NULL, resolution TEXT, UNIQUE (link, field)
);
INSERT INTO "conflict" VALUES(1,1,'contacts',1,'city','max@example.com','"Chicago"','"Austin"',1772442000015,1772442000015,1772442160898,'20260302T090240-f5de93',NULL);
INSERT INTO "conflict" VALUES(2,1,'contacts',2,'company','ray@example.com','"Dean Works"','"Dean Ltd"',1772442000015,1772442000015,1772442160900,'20260302T090240-f5de93','left');
CREATE TABLE connection (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  left_account TEXT NOT NULL, right_account TEXT NOT NULL
);
INSERT INTO "connection" VALUES(1,'sales','gg','gh');
CREATE TABLE cursor (
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL, side TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('covered', 'indexed')), start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
  PRIMARY KEY (connection, stream, side, kind, start_ms)
) WITHOUT ROWID;
INSERT INTO "cursor" VALUES(1,'contacts','left','covered',0,1772528503000);
INSERT INTO "cursor" VALUES(1,'contacts','left','covered',1772614966823,1772618566823);
INSERT INTO "cursor" VALUES(1,'contacts','left','indexed',0,1772618748000);
INSERT INTO "cursor" VALUES(1,'contacts','left','indexed',1772705226687,1772705352000);
INSERT INTO "cursor" VALUES(1,'contacts','right','covered',0,1772528503000);
INSERT INTO "cursor" VALUES(1,'contacts','right','covered',1772614966823,1772618566823);
INSERT INTO "cursor" VALUES(1,'contacts','right','indexed',0,1772705352000);
CREATE TABLE failure (
  id INTEGER PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  side TEXT NOT NULL, record_id TEXT NOT NULL, account TEXT NOT NULL, who TEXT NOT NULL, operation TEXT NOT NULL,
  reason TEXT NOT NULL, blockers TEXT NOT NULL, digest BLOB, attempts INTEGER NOT NULL,
  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, dismissed TEXT,
  UNIQUE (connection, stream, side, record_id)
);
INSERT INTO "failure" VALUES(1,1,'contacts','left','1102766','gg','one@example.com','double','has the same e-mail as 1102765 on the same side, who is carried; merge them, or change one e-mail','["left:1102765"]',X'365154F5A7A5CD1922CDDBF97C2EBD79',4,1772442160490,1772705409210,1772791809210,NULL);
INSERT INTO "failure" VALUES(2,1,'contacts','left','1102768','gg','two@example.com','double','has the same e-mail as 1102767 on the same side, who is carried; merge them, or change one e-mail','["left:1102767"]',X'F9EB60A6DFF13182AFF543B390EF5213',2,1772442160778,1772528564314,1772614964314,'two people, one mailbox');
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
INSERT INTO "history" VALUES(1,1772442160897,'20260302T090240-f5de93',1,'contacts',1,'gg','1102762','country','null','"US"','filled','gh:5u9XlQtPdbHoYhgpqAFS',NULL,NULL);
INSERT INTO "history" VALUES(2,1772442160897,'20260302T090240-f5de93',1,'contacts',1,'gg','1102762','tags','["a"]','["a", "b"]','carried','gh:5u9XlQtPdbHoYhgpqAFS',NULL,NULL);
INSERT INTO "history" VALUES(3,1772442160900,'20260302T090240-f5de93',1,'contacts',2,'gg','1102763','country','null','"US"','filled','gh:tn8JM9tjAKujnMH1BIIR',NULL,NULL);
INSERT INTO "history" VALUES(4,1772442160903,'20260302T090240-f5de93',1,'contacts',3,'gg','1102764','website','null','"https://example.com"','filled','gh:k9EQUsOhOX0QeFo9UAFi',NULL,NULL);
INSERT INTO "history" VALUES(5,1772442160903,'20260302T090240-f5de93',1,'contacts',3,'gg','1102764','city','"Chicago"','"Salem"','newest','gh:k9EQUsOhOX0QeFo9UAFi',NULL,NULL);
INSERT INTO "history" VALUES(6,1772442160903,'20260302T090240-f5de93',1,'contacts',3,'gg','1102764','country','null','"US"','filled','gh:k9EQUsOhOX0QeFo9UAFi',NULL,NULL);
INSERT INTO "history" VALUES(7,1772442161008,'20260302T090240-f5de93',1,'contacts',1,'gh','5u9XlQtPdbHoYhgpqAFS','tags','["b"]','["a", "b"]','carried','gg:1102762',NULL,NULL);
INSERT INTO "history" VALUES(8,1772442161008,'20260302T090240-f5de93',1,'contacts',1,'gh','5u9XlQtPdbHoYhgpqAFS','owner','null','"dev@example.com"','filled','gg:1102762',NULL,NULL);
INSERT INTO "history" VALUES(9,1772442161014,'20260302T090240-f5de93',1,'contacts',2,'gh','tn8JM9tjAKujnMH1BIIR','owner','null','"dev@example.com"','filled','gg:1102763',NULL,NULL);
INSERT INTO "history" VALUES(10,1772442161015,'20260302T090240-f5de93',1,'contacts',3,'gh','k9EQUsOhOX0QeFo9UAFi','owner','null','"dev@example.com"','filled','gg:1102764',NULL,NULL);
INSERT INTO "history" VALUES(11,1772442161073,'20260302T090240-f5de93',1,'contacts',4,'gg','1102769','*',NULL,NULL,'created','gh:EikhSIP2lSThnVUvOrdx',NULL,NULL);
INSERT INTO "history" VALUES(12,1772442161073,'20260302T090240-f5de93',1,'contacts',5,'gg','1102770','*',NULL,NULL,'created','gh:EzfZLC6xisUSo6VMFksb',NULL,NULL);
INSERT INTO "history" VALUES(13,1772442161073,'20260302T090240-f5de93',1,'contacts',6,'gg','1102771','*',NULL,NULL,'created','gh:azFbio3sgS4ntuMz5bLP',NULL,NULL);
INSERT INTO "history" VALUES(14,1772442161073,'20260302T090240-f5de93',1,'contacts',7,'gg','1102772','*',NULL,NULL,'created','gh:wSRejF9Qbwx9241U774e',NULL,NULL);
INSERT INTO "history" VALUES(15,1772442161220,'20260302T090240-f5de93',1,'contacts',8,'gh','BsIVi0WWknwSkfCrI6D5','*',NULL,NULL,'created','gg:1102756',NULL,NULL);
INSERT INTO "history" VALUES(16,1772442161220,'20260302T090240-f5de93',1,'contacts',9,'gh','uzR3mCGV2OIN3y0Suy8A','*',NULL,NULL,'created','gg:1102757',NULL,NULL);
INSERT INTO "history" VALUES(17,1772442161220,'20260302T090240-f5de93',1,'contacts',10,'gh','S0EcgmJn5OKWYAg8OLff','*',NULL,NULL,'created','gg:1102758',NULL,NULL);
INSERT INTO "history" VALUES(18,1772442161220,'20260302T090240-f5de93',1,'contacts',11,'gh','3JPDxFWcxMA3fLrA2ydu','*',NULL,NULL,'created','gg:1102760',NULL,NULL);
INSERT INTO "history" VALUES(19,1772442161220,'20260302T090240-f5de93',1,'contacts',12,'gh','zM5XFdv4hFnC4EFYaCqe','*',NULL,NULL,'created','gg:1102761',NULL,NULL);
INSERT INTO "history" VALUES(20,1772442161220,'20260302T090240-f5de93',1,'contacts',13,'gh','D19EnDocy4VtkeVWXS3M','*',NULL,NULL,'created','gg:1102765',NULL,NULL);
INSERT INTO "history" VALUES(21,1772442161220,'20260302T090240-f5de93',1,'contacts',14,'gh','Mbrz8jCrzIjNcqN7M2wC','*',NULL,NULL,'created','gg:1102767',NULL,NULL);
INSERT INTO "history" VALUES(22,1772442161273,'20260302T090240-f5de93',1,'contacts',15,'gh','9ChNuT6damDGDcyjEPx2','*',NULL,NULL,'created','gg:1102759',NULL,NULL);
INSERT INTO "history" VALUES(23,1772528563824,'20260303T090243-d0c8fa',1,'contacts',12,'gh','zM5XFdv4hFnC4EFYaCqe','*',NULL,NULL,'found deleted',NULL,NULL,NULL);
INSERT INTO "history" VALUES(24,1796057155791,'',1,'contacts',NULL,'gg','1102768','*',NULL,'"two people, one mailbox"','dismissed',NULL,NULL,NULL);
INSERT INTO "history" VALUES(25,1772618687767,'20260304T100447-928051',1,'contacts',9,'gh','uzR3mCGV2OIN3y0Suy8A','phone','"+12125550123"','"+12125550133"','carried','gg:1102757',NULL,NULL);
INSERT INTO "history" VALUES(26,1772618687767,'20260304T100447-928051',1,'contacts',9,'gh','uzR3mCGV2OIN3y0Suy8A','city','"Boston"','null','carried','gg:1102757',NULL,NULL);
INSERT INTO "history" VALUES(27,1772618808330,'20260304T100648-bc1f1c',1,'contacts',8,'gg','1102756','tags','["lead", "VIP"]','["lead", "met", "VIP"]','carried','gh:BsIVi0WWknwSkfCrI6D5',NULL,NULL);
CREATE TABLE holder (connection TEXT PRIMARY KEY, pid INTEGER NOT NULL, host TEXT NOT NULL, since_ms INTEGER NOT NULL);
INSERT INTO "holder" VALUES('sales',4242,'host.example.com',1772705412027);
CREATE TABLE intent (
  id INTEGER PRIMARY KEY, run TEXT NOT NULL, connection INTEGER NOT NULL REFERENCES connection (id),
  stream TEXT NOT NULL, side TEXT NOT NULL, source_id TEXT NOT NULL, sent_ms INTEGER NOT NULL, sent TEXT NOT NULL,
  source TEXT NOT NULL, UNIQUE (connection, stream, side, source_id)
);
INSERT INTO "intent" VALUES(1,'20260305T101008-5e5c3d',1,'contacts','left','EikhSIP2lSThnVUvOrdx',1772705409692,'{"city": "Salem", "tags": ["lead"]}','{"record": "1102769", "run": "20260305T101008-5e5c3d", "memory": null, "target": {"city": "Salem", "tags": ["lead"]}, "source": {"city": "Salem", "tags": ["lead"]}, "history": {"city": ["\"Denver\"", "carried", "gh:EikhSIP2lSThnVUvOrdx"], "tags": ["[\"asked\", \"lead\"]", "carried", "gh:EikhSIP2lSThnVUvOrdx"]}}');
INSERT INTO "intent" VALUES(2,'20260305T101012-43d56b',1,'contacts','right','1102759',1772705412561,'{"company": "Ford & Sons"}','{"record": "9ChNuT6damDGDcyjEPx2", "run": "20260305T101012-43d56b", "memory": {"phones": {"mobile_phone": ["+1 212 555 0126", "+12125550126"]}, "slot": "mobile_phone"}, "target": {"company": "Ford & Sons"}, "source": {"company": "Ford & Sons"}, "history": {"company": ["null", "carried", "gg:1102759"]}}');
INSERT INTO "intent" VALUES(3,'20260305T101012-43d56b',1,'contacts','right','1102773',1772705432115,'{"first_name": "Joy", "last_name": "West", "keywords": "crm,mail", "email": "joy@example.com", "owner": "dev@example.com"}','{"shadow": "[\"Joy\",\"West\",\"joy@example.com\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"crm,mail\",\"\",\"\",\"\",\"\",\"\",\"dev@example.com\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]", "mapping": 1, "memory": {}, "digest": "4284fd8957863fa84da791e176a7abb8", "withheld": [], "enriched": [], "person": "{\"id\":\"1102773\",\"fields\":{\"first_name\":\"Joy\",\"last_name\":\"West\",\"company\":null,\"title\":null,\"city\":null,\"state\":null,\"industry\":null,\"employee_count\":null,\"annual_revenue\":null,\"stage\":null,\"status\":null,\"keywords\":\"crm,mail\",\"technologies\":null,\"email_status\":null,\"email_confidence\":null,\"custom1\":null,\"custom2\":null,\"custom3\":null,\"custom4\":null,\"custom5\":null,\"custom6\":null,\"custom7\":null,\"custom8\":null,\"custom9\":null,\"email\":\"joy@example.com\",\"website\":null,\"linkedin_url\":null,\"twitter_url\":null,\"facebook_url\":null,\"country\":null,\"tags\":null,\"lists\":null,\"mobile_phone\":null,\"first_phone\":null,\"work_phone\":null,\"corporate_phone\":null,\"home_phone\":null,\"other_phone\":null,\"phone\":null,\"do_not_contact\":null,\"owner\":\"dev@example.com\"},\"created\":1772705286687,\"updated\":1772705286687,\"marker\":null,\"phones\":[],\"unmapped\":{},\"memory\":{}}"}');
INSERT INTO "intent" VALUES(4,'20260305T101012-43d56b',1,'contacts','right','1102774',1772705432115,'{"first_name": "Kim", "last_name": "East", "city": "Dover", "email": "kim@example.com", "owner": "dev@example.com"}','{"shadow": "[\"Kim\",\"East\",\"kim@example.com\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"Dover\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"dev@example.com\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]", "mapping": 1, "memory": {}, "digest": "342421beaeb2d48eaf464c4cf31c7bc0", "withheld": [], "enriched": [], "person": "{\"id\":\"1102774\",\"fields\":{\"first_name\":\"Kim\",\"last_name\":\"East\",\"company\":null,\"title\":null,\"city\":\"Dover\",\"state\":null,\"industry\":null,\"employee_count\":null,\"annual_revenue\":null,\"stage\":null,\"status\":null,\"keywords\":null,\"technologies\":null,\"email_status\":null,\"email_confidence\":null,\"custom1\":null,\"custom2\":null,\"custom3\":null,\"custom4\":null,\"custom5\":null,\"custom6\":null,\"custom7\":null,\"custom8\":null,\"custom9\":null,\"email\":\"kim@example.com\",\"website\":null,\"linkedin_url\":null,\"twitter_url\":null,\"facebook_url\":null,\"country\":null,\"tags\":null,\"lists\":null,\"mobile_phone\":null,\"first_phone\":null,\"work_phone\":null,\"corporate_phone\":null,\"home_phone\":null,\"other_phone\":null,\"phone\":null,\"do_not_contact\":null,\"owner\":\"dev@example.com\"},\"created\":1772705286687,\"updated\":1772705286687,\"marker\":null,\"phones\":[],\"unmapped\":{},\"memory\":{}}"}');
INSERT INTO "intent" VALUES(5,'20260305T101012-43d56b',1,'contacts','right','1102775',1772705432115,'{"first_name": "Leo", "last_name": "North", "city": "Logan", "owner": "dev@example.com"}','{"shadow": "[\"Leo\",\"North\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"Logan\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"dev@example.com\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]", "mapping": 1, "memory": {}, "digest": "43affa55611e747e093e904dc1651035", "withheld": [], "enriched": [], "person": "{\"id\":\"1102775\",\"fields\":{\"first_name\":\"Leo\",\"last_name\":\"North\",\"company\":null,\"title\":null,\"city\":\"Logan\",\"state\":null,\"industry\":null,\"employee_count\":null,\"annual_revenue\":null,\"stage\":null,\"status\":null,\"keywords\":null,\"technologies\":null,\"email_status\":null,\"email_confidence\":null,\"custom1\":null,\"custom2\":null,\"custom3\":null,\"custom4\":null,\"custom5\":null,\"custom6\":null,\"custom7\":null,\"custom8\":null,\"custom9\":null,\"email\":null,\"website\":null,\"linkedin_url\":null,\"twitter_url\":null,\"facebook_url\":null,\"country\":null,\"tags\":null,\"lists\":null,\"mobile_phone\":null,\"first_phone\":null,\"work_phone\":null,\"corporate_phone\":null,\"home_phone\":null,\"other_phone\":null,\"phone\":null,\"do_not_contact\":null,\"owner\":\"dev@example.com\"},\"created\":1772705286687,\"updated\":1772705286687,\"marker\":null,\"phones\":[],\"unmapped\":{},\"memory\":{}}"}');
CREATE TABLE link (
  id INTEGER PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  left_id TEXT NOT NULL, right_id TEXT NOT NULL,
  left_shadow TEXT NOT NULL, right_shadow TEXT NOT NULL,
  left_memory TEXT, right_memory TEXT,
  left_digest BLOB, right_digest BLOB,
  left_seen_ms INTEGER, right_seen_ms INTEGER,
  left_wrote_ms INTEGER, right_wrote_ms INTEGER,
  mapping INTEGER NOT NULL REFERENCES mapping (id), gone TEXT, run TEXT NOT NULL
, left_unmapped TEXT, right_unmapped TEXT);
INSERT INTO "link" VALUES(1,1,'contacts','1102762','5u9XlQtPdbHoYhgpqAFS','["Max","Bell","max@example.com","","","","","","","","","","","","","",null,"","US","","","","","",["a","b"],"","","","dev@example.com","","","","","","","","","","","",""]','["Max","Bell","max@example.com","","","","","","","","","","","","","",null,"","US","","","","","",["a","b"],"","","","dev@example.com","","","","","","","","","","","",""]',NULL,NULL,X'18ABA66A4A8F1C3A27090F500691F87C',X'901F0408609821116467F4F84E41C7A7',1772442160810,1772442160948,1772442160810,1772442160948,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(2,1,'contacts','1102763','tn8JM9tjAKujnMH1BIIR','["Ray","Dean","ray@example.com","","","","","","","",null,"","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Ray","Dean","ray@example.com","","","","","","","",null,"","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]',NULL,NULL,X'BED0878896FDFD0F35D0318C5D9D6554',X'A9D5E3353A881522D096E48142B9E5F3',1772442160844,1772442160979,1772442160844,1772442160979,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(3,1,'contacts','1102764','k9EQUsOhOX0QeFo9UAFi','["Ned","Park","ned@example.com","","","","","","","","","","https://example.com","","","","Salem","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Ned","Park","ned@example.com","","","","","","","","","","https://example.com","","","","Salem","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]',NULL,NULL,X'737B0BB3E1B6DD8D361BA9E107319677',X'F27038ED2AB9A22145740498A9B1683C',1772442160881,1772442161001,1772442160881,1772442161001,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(4,1,'contacts','1102769','EikhSIP2lSThnVUvOrdx','["Bob","Lake","bob@example.com","","","","","","","","","","","","","","Denver","","US","","","","","",["asked","lead"],"","","","dev@example.com","","","","","","","","","","","",""]','["Bob","Lake","bob@example.com","","","","","","","","","","","","","","Denver","","US","","","","","",["asked","lead"],"","","","","","","","","","","","","","","",""]',NULL,NULL,X'5610C1DDD22E4CD395D358176A853F82',X'D8CB766382F30D94F6E6737D0B01A3EB',1772442161042,NULL,1772442161042,NULL,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(5,1,'contacts','1102770','EzfZLC6xisUSo6VMFksb','["Dan","Rock","","+12125550124","","","","","","","Acme","","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Dan","Rock","","+12125550124","","","","","","","Acme","","","","","","","","US","","","","","","","","","","","","","","","","","","","","","",""]','{"phones": {"mobile_phone": ["+12125550124", "+12125550124"]}, "slot": "mobile_phone"}',NULL,X'97D78CFF1047D2A1B533629B1F4589E5',X'E728985A346F1AD645C9F52A57479DA2',1772442161050,NULL,1772442161050,NULL,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(6,1,'contacts','1102771','azFbio3sgS4ntuMz5bLP','["Fay","Moss","","","","","","","","","","","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Fay","Moss","","","","","","","","","","","","","","","","","US","","","","","","","","","","","","","","","","","","","","","",""]',NULL,NULL,X'71DCBBF88A495FC4F59FC96B2EE0EDC5',X'386338F71AEB1F47B71AA8C64F7E84B8',1772442161057,1772442161081,1772442161057,1772442161081,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(7,1,'contacts','1102772','wSRejF9Qbwx9241U774e','["Hal","Dale","hal@example.com","+12125550126","","","","","","","","","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Hal","Dale","hal@example.com","+12125550126","","","","","","","","","","","","","","","US","","","","","","","","","","","","","","","","","","","","","",""]','{"phones": {"mobile_phone": ["+12125550126", "+12125550126"]}, "slot": "mobile_phone"}',NULL,X'65A88CFE66CBD225EFAC8E6495FFCA06',X'9609E3C277341937BBCCAA7CCA525668',1772442161062,NULL,1772442161062,NULL,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(8,1,'contacts','1102756','BsIVi0WWknwSkfCrI6D5','["Ann","Reed","ann@example.com","","","","","","","","","CEO","","","","","","","","","","","","",["lead","met","VIP"],"","","","dev@example.com","","","","","","","","","","","",""]','["Ann","Reed","ann@example.com","","","","","","","","","CEO","","","","","","","US","","","","","",["lead","met","vip"],"","","","dev@example.com","","","","","","","","","","","",""]',NULL,NULL,X'BF3B2C8E2E5A37B192B1E66E37AA3DD8',X'FE7DEA389D6BCB97916BE7EAE7850BA0',1772618808317,1772442161154,1772618808317,1772442161154,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(9,1,'contacts','1102757','uzR3mCGV2OIN3y0Suy8A','["Cai","Stone","","+12125550133","","","","","","","","","","","","","","","","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Cai","Stone","","+12125550133","","","","","","","","","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','{"phones": {"mobile_phone": ["+1 212 555 0133", "+12125550133"]}, "slot": "mobile_phone"}',NULL,X'3FF3011DD90C69B19C0BBB9A81E7CBE9',X'3F49D8104B8DDE6A922CD7BB437F747F',NULL,1772618687747,NULL,1772618687747,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(10,1,'contacts','1102758','S0EcgmJn5OKWYAg8OLff','["Eve","Wood","","","","","","","","","","","","","","","","","","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Eve","Wood","","","","","","","","","","","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]',NULL,NULL,X'2F12F784F6A57F7E7EAC8896441303C8',X'F039692A3987C054BA2C189E22F2E896',NULL,1772442161169,NULL,1772442161169,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(11,1,'contacts','1102760','3JPDxFWcxMA3fLrA2ydu','["Tia","Vale","tia@example.com","","","","","","","","","","","","","","","","","Software","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Tia","Vale","tia@example.com","","","","","","","","","","","","","","","","US","Software","","","","","","","","","dev@example.com","","","","","","","","","","","",""]',NULL,NULL,X'18A364329561FD9308A50A8973DF4A22',X'63FAEE4416F8D9C10FBC3ED87F6360EF',NULL,1772442161186,NULL,1772442161186,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(12,1,'contacts','1102761','zM5XFdv4hFnC4EFYaCqe','["Bea","Hart","bea@example.com","","","","","","","","","","","","","","Paris","","FR","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Bea","Hart","bea@example.com","","","","","","","","","","","","","","Paris","","FR","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]',NULL,NULL,X'121A6D48DD7D4CCFF3BF39A64C22C764',X'41884CB5481BCA062AE0C316793FABB2',NULL,1772442161194,NULL,1772442161194,1,'right','20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(13,1,'contacts','1102765','D19EnDocy4VtkeVWXS3M','["Old","Twin","one@example.com","","","","","","","","","","","","","","","","","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Old","Twin","one@example.com","","","","","","","","","","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]',NULL,NULL,X'7954ED0F2E29811B262A6FF228E176AB',X'8D373722A3D2A74D6B948F8112143662',NULL,1772442161204,NULL,1772442161204,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(14,1,'contacts','1102767','Mbrz8jCrzIjNcqN7M2wC','["Sam","Twin","two@example.com","","","","","","","","","","","","","","","","","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Sam","Twin","two@example.com","","","","","","","","","","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]',NULL,NULL,X'33CC2ECF5B8DFC8E0CC5AF4FAE9977AD',X'02767BAF6E8ACE6F7195CFD7CBB52752',NULL,1772442161209,NULL,1772442161209,1,NULL,'20260302T090240-f5de93',NULL,NULL);
INSERT INTO "link" VALUES(15,1,'contacts','1102759','9ChNuT6damDGDcyjEPx2','["Gus","Ford","gus@example.com","+12125550126","","","","","","","","","","","","","","","","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','["Gus","Ford","gus@example.com","","+12125550126","","","","","","","","","","","","","","US","","","","","","","","","","dev@example.com","","","","","","","","","","","",""]','{"phones": {"mobile_phone": ["+1 212 555 0126", "+12125550126"]}, "slot": "mobile_phone"}',NULL,X'7CE1942F9E1950FFE0303F63EA804C82',X'1E86C307AD73245D73D23B61BA17BA91',NULL,1772442161262,NULL,1772442161262,1,NULL,'20260302T090240-f5de93',NULL,NULL);
CREATE TABLE mapping (
  id INTEGER PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id),
  fingerprint TEXT NOT NULL, fields TEXT NOT NULL
);
INSERT INTO "mapping" VALUES(1,1,'e33ec9a0959175f167463ceef98f1d36','["first_name", "last_name", "email", "phone", "mobile_phone", "first_phone", "work_phone", "corporate_phone", "home_phone", "other_phone", "company", "title", "website", "linkedin_url", "twitter_url", "facebook_url", "city", "state", "country", "industry", "employee_count", "annual_revenue", "keywords", "technologies", "tags", "lists", "stage", "status", "owner", "email_status", "email_confidence", "do_not_contact", "custom1", "custom2", "custom3", "custom4", "custom5", "custom6", "custom7", "custom8", "custom9"]');
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
CREATE TABLE person (
  connection INTEGER NOT NULL REFERENCES connection (id), side TEXT NOT NULL, id TEXT NOT NULL,
  email TEXT, name TEXT NOT NULL, phones TEXT, marker TEXT, created_ms INTEGER,
  PRIMARY KEY (connection, side, id)
) WITHOUT ROWID;
INSERT INTO "person" VALUES(1,'left','1102756','ann@example.com','ann reed',NULL,NULL,1772442000013);
INSERT INTO "person" VALUES(1,'left','1102757',NULL,'cai stone','["+12125550133"]',NULL,1772442000014);
INSERT INTO "person" VALUES(1,'left','1102758',NULL,'eve wood',NULL,NULL,1772442000014);
INSERT INTO "person" VALUES(1,'left','1102759','gus@example.com','gus ford','["+12125550126"]',NULL,1772442000014);
INSERT INTO "person" VALUES(1,'left','1102760','tia@example.com','tia vale',NULL,NULL,1772442000014);
INSERT INTO "person" VALUES(1,'left','1102761','bea@example.com','bea hart',NULL,NULL,1772442000014);
INSERT INTO "person" VALUES(1,'left','1102762','max@example.com','max bell',NULL,NULL,1772442000015);
INSERT INTO "person" VALUES(1,'left','1102763','ray@example.com','ray dean',NULL,NULL,1772442000015);
INSERT INTO "person" VALUES(1,'left','1102764','ned@example.com','ned park',NULL,NULL,1772442000015);
INSERT INTO "person" VALUES(1,'left','1102765','one@example.com','old twin',NULL,NULL,1772442031015);
INSERT INTO "person" VALUES(1,'left','1102766','one@example.com','new twin',NULL,NULL,1772442032015);
INSERT INTO "person" VALUES(1,'left','1102767','two@example.com','sam twin',NULL,NULL,1772442033015);
INSERT INTO "person" VALUES(1,'left','1102768','two@example.com','tom twin',NULL,NULL,1772442034015);
INSERT INTO "person" VALUES(1,'left','1102769','bob@example.com','bob lake',NULL,NULL,1772442161042);
INSERT INTO "person" VALUES(1,'left','1102770',NULL,'dan rock','["+12125550124"]',NULL,1772442161050);
INSERT INTO "person" VALUES(1,'left','1102771',NULL,'fay moss',NULL,NULL,1772442161056);
INSERT INTO "person" VALUES(1,'left','1102772','hal@example.com','hal dale','["+12125550126"]',NULL,1772442161062);
INSERT INTO "person" VALUES(1,'left','1102773','joy@example.com','joy west',NULL,NULL,1772705286687);
INSERT INTO "person" VALUES(1,'left','1102774','kim@example.com','kim east',NULL,NULL,1772705286687);
INSERT INTO "person" VALUES(1,'left','1102775',NULL,'leo north',NULL,NULL,1772705286687);
INSERT INTO "person" VALUES(1,'right','3JPDxFWcxMA3fLrA2ydu','tia@example.com','tia vale',NULL,'1102760',1772442161186);
INSERT INTO "person" VALUES(1,'right','5u9XlQtPdbHoYhgpqAFS','max@example.com','max bell',NULL,'1102762',1772442000015);
INSERT INTO "person" VALUES(1,'right','9ChNuT6damDGDcyjEPx2','gus@example.com','gus ford','["+12125550126"]','1102759',1772442161262);
INSERT INTO "person" VALUES(1,'right','BsIVi0WWknwSkfCrI6D5','ann@example.com','ann reed',NULL,'1102756',1772442161154);
INSERT INTO "person" VALUES(1,'right','D19EnDocy4VtkeVWXS3M','one@example.com','old twin',NULL,'1102765',1772442161204);
INSERT INTO "person" VALUES(1,'right','EikhSIP2lSThnVUvOrdx','bob@example.com','bob lake',NULL,NULL,1772442000014);
INSERT INTO "person" VALUES(1,'right','EzfZLC6xisUSo6VMFksb',NULL,'dan rock','["+12125550124"]',NULL,1772442000015);
INSERT INTO "person" VALUES(1,'right','Mbrz8jCrzIjNcqN7M2wC','two@example.com','sam twin',NULL,'1102767',1772442161209);
INSERT INTO "person" VALUES(1,'right','S0EcgmJn5OKWYAg8OLff',NULL,'eve wood',NULL,'1102758',1772442161169);
INSERT INTO "person" VALUES(1,'right','azFbio3sgS4ntuMz5bLP',NULL,'fay moss',NULL,'1102771',1772442000015);
INSERT INTO "person" VALUES(1,'right','k9EQUsOhOX0QeFo9UAFi','ned@example.com','ned park',NULL,'1102764',1772442030015);
INSERT INTO "person" VALUES(1,'right','tn8JM9tjAKujnMH1BIIR','ray@example.com','ray dean',NULL,'1102763',1772442000015);
INSERT INTO "person" VALUES(1,'right','uzR3mCGV2OIN3y0Suy8A',NULL,'cai stone','["+12125550133"]','1102757',1772442161163);
INSERT INTO "person" VALUES(1,'right','wSRejF9Qbwx9241U774e','hal@example.com','hal dale','["+12125550126"]',NULL,1772442000015);
CREATE TABLE progress (
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  ended_ms INTEGER NOT NULL, reconciled_ms INTEGER NOT NULL, PRIMARY KEY (connection, stream)
) WITHOUT ROWID;
INSERT INTO "progress" VALUES(1,'contacts',1772618687793,1772528564351);
CREATE TABLE run (
  id TEXT PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id),
  started_ms INTEGER NOT NULL, finished_ms INTEGER, status TEXT, report TEXT
, undoes TEXT);
INSERT INTO "run" VALUES('20260302T090240-f5de93',1,1772442160330,1772442161291,'partial','{"run": "20260302T090240-f5de93", "connection": "sales", "status": "partial", "started_at": "2026-03-02T09:02:40.279622Z", "finished_at": "2026-03-02T09:02:41.289859Z", "dry_run": false, "streams": {"contacts": {"window": {"gg": {"from": "1970-01-01T00:00:00Z", "to": "2026-03-02T09:01:40Z"}, "gh": {"from": "1970-01-01T00:00:00Z", "to": "2026-03-02T09:01:40Z"}}, "gg": {"read": 13, "created": 4, "updated": 3, "deleted": 0}, "gh": {"read": 7, "created": 8, "updated": 3, "deleted": 0}, "unchanged": 0, "conflicts": 2, "failed": 2, "unmapped": 1, "left_out": 0}}, "fields_created": {"gh": ["contact.growthgenius_id", "contact.job_title", "contact.industry", "contact.mobile_phone"]}, "requests": {"gg": {"reads": 5, "writes": 7, "retries": 0, "throttled": 0}, "gh": {"reads": 8, "writes": 18, "retries": 0, "throttled": 0}}, "errors": [], "plan": []}',NULL);
INSERT INTO "run" VALUES('20260303T090243-d0c8fa',1,1772528563596,1772528564352,'partial','{"run": "20260303T090243-d0c8fa", "connection": "sales", "status": "partial", "started_at": "2026-03-03T09:02:43.577487Z", "finished_at": "2026-03-03T09:02:44.351250Z", "dry_run": false, "streams": {"contacts": {"window": {"gg": {"from": "1970-01-01T00:00:00Z", "to": "2026-03-03T09:01:43Z"}, "gh": {"from": "1970-01-01T00:00:00Z", "to": "2026-03-03T09:01:43Z"}}, "gg": {"read": 17, "created": 0, "updated": 0, "deleted": 0}, "gh": {"read": 14, "created": 0, "updated": 0, "deleted": 0}, "unchanged": 15, "conflicts": 2, "failed": 2, "unmapped": 0, "left_out": 0}}, "fields_created": {}, "requests": {"gg": {"reads": 2, "writes": 0, "retries": 0, "throttled": 0}, "gh": {"reads": 6, "writes": 0, "retries": 0, "throttled": 0}}, "errors": [], "plan": []}',NULL);
INSERT INTO "run" VALUES('20260304T100447-928051',1,1772618687144,1772618687797,'partial','{"run": "20260304T100447-928051", "connection": "sales", "status": "partial", "started_at": "2026-03-04T10:04:47.109794Z", "finished_at": "2026-03-04T10:04:47.792669Z", "dry_run": false, "streams": {"contacts": {"window": {"gg": {"from": "2026-03-04T09:02:46.823000Z", "to": "2026-03-04T10:02:46.823000Z"}, "gh": {"from": "2026-03-04T09:02:46.823000Z", "to": "2026-03-04T10:02:46.823000Z"}}, "gg": {"read": 1, "created": 0, "updated": 0, "deleted": 0}, "gh": {"read": 0, "created": 0, "updated": 1, "deleted": 0}, "unchanged": 0, "conflicts": 2, "failed": 1, "unmapped": 0, "left_out": 0}}, "fields_created": {}, "requests": {"gg": {"reads": 3, "writes": 0, "retries": 0, "throttled": 0}, "gh": {"reads": 8, "writes": 1, "retries": 0, "throttled": 0}}, "errors": [], "plan": []}',NULL);
INSERT INTO "run" VALUES('20260304T100648-bc1f1c',1,1772618808080,1772618826644,'failed','{"run": "20260304T100648-bc1f1c", "connection": "sales", "status": "failed", "started_at": "2026-03-04T10:06:48.048091Z", "finished_at": "2026-03-04T10:07:06.643082Z", "dry_run": false, "streams": {"contacts": {"window": {"gg": {"from": "2026-03-03T08:51:43Z", "to": "2026-03-04T10:05:48Z"}, "gh": {"from": "2026-03-03T08:51:43Z", "to": "2026-03-04T10:05:48Z"}}, "gg": {"read": 2, "created": 0, "updated": 1, "deleted": 0}, "gh": {"read": 2, "created": 0, "updated": 0, "deleted": 0}, "unchanged": 1, "conflicts": 2, "failed": 1, "unmapped": 0, "left_out": 0}}, "fields_created": {}, "requests": {"gg": {"reads": 3, "writes": 1, "retries": 0, "throttled": 0}, "gh": {"reads": 3, "writes": 1, "retries": 9, "throttled": 0}}, "errors": ["gh: 127.0.0.1:35347, PUT /contacts/3JPDxFWcxMA3fLrA2ydu: it answered 500: Internal server error (tried 10 times); it may have taken effect"], "plan": []}',NULL);
INSERT INTO "run" VALUES('20260305T101008-5e5c3d',1,1772705409021,NULL,NULL,NULL,NULL);
INSERT INTO "run" VALUES('20260305T101012-43d56b',1,1772705412083,NULL,NULL,NULL,NULL);
CREATE TABLE salt (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL);
CREATE TABLE schedule (
  connection TEXT NOT NULL, stream TEXT NOT NULL, next_ms INTEGER, delayed TEXT NOT NULL,
  PRIMARY KEY (connection, stream)
) WITHOUT ROWID;
CREATE TABLE setting (
  account TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, stored_ms INTEGER NOT NULL,
  PRIMARY KEY (account, key)
) WITHOUT ROWID;
INSERT INTO "setting" VALUES('gg','body_style','{"style": "wrapped", "proven": true}',1772618808323);
INSERT INTO "setting" VALUES('gg','directory','[[78, "dev@example.com", 1]]',1772705409096);
INSERT INTO "setting" VALUES('gh','custom_fields','{"readable": true, "fields": [["GesgQlX564HnybfeFaNi", "contact.growthgenius_id", "GrowthGenius ID", "TEXT"], ["iFc3vT0k8U1gybSTENYD", "contact.job_title", "Job Title", "TEXT"], ["w6SBqVXRePacL8n9XrvK", "contact.industry", "Industry", "TEXT"], ["Jyrlmyhs1CxL0xnwhtmk", "contact.mobile_phone", "Mobile Phone", "TEXT"], ["hIkqtqR2LXPzwWDqJBhV", "contact.keywords", "Keywords", "LARGE_TEXT"]]}',1772705431733);
INSERT INTO "setting" VALUES('gh','directory','[["gZsdR2Aw6YtHv2xfJS9v", "dev@example.com", true]]',1772705409072);
INSERT INTO "setting" VALUES('gh','emptied_properties','["city"]',1772618687756);
INSERT INTO "setting" VALUES('gh','location','{"id": "ve9EPM428h8vShlRW1KT", "companyId": "5DP4iH6HLkQsiKESj6rh", "name": "dentist", "country": "US", "timezone": "America/Chicago", "settings": {"allowDuplicateContact": false, "allowDuplicateOpportunity": false, "allowFacebookNameMerge": false, "disableContactTimezone": false, "contactUniqueIdentifiers": ["email", "phone"]}}',1772705409066);
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
INSERT INTO "tally" VALUES(1,20514,'','','took_ms',1011);
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
INSERT INTO "tally" VALUES(1,20515,'','','took_ms',775);
INSERT INTO "tally" VALUES(1,20515,'','','within 1',1);
INSERT INTO "tally" VALUES(1,20515,'','gg','reads',2);
INSERT INTO "tally" VALUES(1,20515,'','gh','reads',6);
INSERT INTO "tally" VALUES(1,20515,'contacts','gg','read',17);
INSERT INTO "tally" VALUES(1,20515,'contacts','gh','read',14);
INSERT INTO "tally" VALUES(1,20516,'','','run failed',1);
INSERT INTO "tally" VALUES(1,20516,'','','run partial',1);
INSERT INTO "tally" VALUES(1,20516,'','','took_ms',19283);
INSERT INTO "tally" VALUES(1,20516,'','','within 1',1);
INSERT INTO "tally" VALUES(1,20516,'','','within 60',1);
INSERT INTO "tally" VALUES(1,20516,'','gg','reads',6);
INSERT INTO "tally" VALUES(1,20516,'','gg','writes',1);
INSERT INTO "tally" VALUES(1,20516,'','gh','reads',11);
INSERT INTO "tally" VALUES(1,20516,'','gh','retries',9);
INSERT INTO "tally" VALUES(1,20516,'','gh','writes',2);
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
INSERT INTO "trouble" VALUES(1,'contacts','left','1102759',1);
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
CREATE INDEX conflict_open ON conflict (connection) WHERE resolution IS NULL;
CREATE INDEX failure_open ON failure (connection) WHERE dismissed IS NULL;
CREATE INDEX link_gone ON link (connection) WHERE gone IS NOT NULL;
CREATE INDEX held_by_connection ON held (connection);
CREATE INDEX run_by_time ON run (started_ms, id);
COMMIT;
