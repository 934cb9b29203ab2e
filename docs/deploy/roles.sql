-- Run once by the PostgreSQL of compose.yaml when its folder is empty: the role of web processes and workers. What it
-- may do follows from `citymark migrate --rights-for citymark_web`; the schema belongs to the role citymark.
\getenv password CITYMARK_WEB_PASSWORD
CREATE ROLE citymark_web LOGIN PASSWORD :'password';
