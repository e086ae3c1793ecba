-- See attach.sql.
ATTACH ? AS fresh (ROW_GROUP_SIZE 8192);
