-- A few people, for either database. No ids: the database gives them.

INSERT INTO person (login, first_name, last_name, display_name, title, cost_center, locale,
                    phone_work, phone_mobile, employee_no, external_id, dept_id) VALUES
    ('Margit.Olsen@helpdesk.example', 'Margit', 'Olsen', 'Margit Olsen', 'Head of Service Desk', 'CC-1000 ', 'da-DK',
     '+45 70 10 20 30', '+45 20 30 40 50', 'E-0001', 'molsen', 10),
    ('tomas.horak@helpdesk.example', 'Tomáš', 'Horák', 'Tomáš Horák', 'Service Desk Analyst', 'CC-1000 ', 'cs-CZ',
     '+420 222 333 444', NULL, 'E-0002', 'thorak', 10),
    ('ines.ferreira@helpdesk.example', 'Inês', 'Ferreira', 'Inês Ferreira', 'Field Engineer', 'CC-2000 ', 'pt-PT',
     NULL, '+351 912 345 678', 'E-0003', 'iferreira', 20),
    ('kofi.mensah@helpdesk.example', 'Kofi', 'Mensah', 'Kofi Mensah', 'Network Engineer', 'CC-3000 ', 'en-GH',
     '+233 30 222 1111', '+233 24 555 6666', 'E-0004', 'kmensah', 30),
    ('svc-backup', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Left years ago; nobody deletes people here.
INSERT INTO person (login, first_name, last_name, display_name, status, employee_no, external_id, dept_id) VALUES
    ('w.adler@helpdesk.example', 'Wilhelm', 'Adler', 'Wilhelm Adler', 'D', 'E-0000', 'wadler', 40);

UPDATE person
   SET manager_id = (SELECT person_id FROM person WHERE login = 'margit.olsen@helpdesk.example')
 WHERE login IN ('tomas.horak@helpdesk.example', 'ines.ferreira@helpdesk.example');

INSERT INTO person_mail (person_id, kind, address)
SELECT person_id, 'W', login FROM person WHERE login <> 'svc-backup';
INSERT INTO person_mail (person_id, kind, address)
SELECT person_id, 'O', 'kofi@mensah.example' FROM person WHERE login = 'kofi.mensah@helpdesk.example';

INSERT INTO person_role (person_id, role)
SELECT person_id, 'Agent' FROM person WHERE dept_id IN (10, 20, 30);
INSERT INTO person_role (person_id, role)
SELECT person_id, 'Supervisor' FROM person WHERE login = 'margit.olsen@helpdesk.example';

INSERT INTO team (name, external_ref) VALUES ('First Line', 'grp-first-line'), ('Escalations', NULL);
INSERT INTO team_person (team_id, person_id)
SELECT team_id, person_id FROM team, person WHERE team.name = 'First Line' AND person.dept_id = 10;
INSERT INTO team_person (team_id, person_id)
SELECT team_id, person_id FROM team, person
 WHERE team.name = 'Escalations' AND person.login = 'kofi.mensah@helpdesk.example';
