-- The people of seed.sql, for SQL Server, where text beyond one code page has an N before it.

INSERT INTO person (login, first_name, last_name, display_name, title, cost_center, locale,
                    phone_work, phone_mobile, employee_no, external_id, dept_id) VALUES
    (N'Margit.Olsen@helpdesk.example', N'Margit', N'Olsen', N'Margit Olsen', N'Head of Service Desk', N'CC-1000 ', N'da-DK',
     N'+45 70 10 20 30', N'+45 20 30 40 50', N'E-0001', N'molsen', 10),
    (N'tomas.horak@helpdesk.example', N'Tomáš', N'Horák', N'Tomáš Horák', N'Service Desk Analyst', N'CC-1000 ', N'cs-CZ',
     N'+420 222 333 444', NULL, N'E-0002', N'thorak', 10),
    (N'ines.ferreira@helpdesk.example', N'Inês', N'Ferreira', N'Inês Ferreira', N'Field Engineer', N'CC-2000 ', N'pt-PT',
     NULL, N'+351 912 345 678', N'E-0003', N'iferreira', 20),
    (N'kofi.mensah@helpdesk.example', N'Kofi', N'Mensah', N'Kofi Mensah', N'Network Engineer', N'CC-3000 ', N'en-GH',
     N'+233 30 222 1111', N'+233 24 555 6666', N'E-0004', N'kmensah', 30),
    (N'svc-backup', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Left years ago; nobody deletes people here.
INSERT INTO person (login, first_name, last_name, display_name, status, employee_no, external_id, dept_id) VALUES
    (N'w.adler@helpdesk.example', N'Wilhelm', N'Adler', N'Wilhelm Adler', N'D', N'E-0000', N'wadler', 40);

UPDATE person
   SET manager_id = (SELECT person_id FROM person WHERE login = N'margit.olsen@helpdesk.example')
 WHERE login IN (N'tomas.horak@helpdesk.example', N'ines.ferreira@helpdesk.example');

INSERT INTO person_mail (person_id, kind, address)
SELECT person_id, N'W', login FROM person WHERE login <> N'svc-backup';
INSERT INTO person_mail (person_id, kind, address)
SELECT person_id, N'O', N'kofi@mensah.example' FROM person WHERE login = N'kofi.mensah@helpdesk.example';

INSERT INTO person_role (person_id, role)
SELECT person_id, N'Agent' FROM person WHERE dept_id IN (10, 20, 30);
INSERT INTO person_role (person_id, role)
SELECT person_id, N'Supervisor' FROM person WHERE login = N'margit.olsen@helpdesk.example';

INSERT INTO team (name, external_ref) VALUES (N'First Line', N'grp-first-line'), (N'Escalations', NULL);
INSERT INTO team_person (team_id, person_id)
SELECT team_id, person_id FROM team, person WHERE team.name = N'First Line' AND person.dept_id = 10;
INSERT INTO team_person (team_id, person_id)
SELECT team_id, person_id FROM team, person
 WHERE team.name = N'Escalations' AND person.login = N'kofi.mensah@helpdesk.example';
