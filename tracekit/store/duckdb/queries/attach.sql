-- A transaction that stores a whole row group writes it to the file as it will stay. Rows of a smaller one go to the log, and
-- are read again and compressed at a checkpoint, which takes twice the time: hence groups smaller than the default of 122,880.
ATTACH ? AS traces (ROW_GROUP_SIZE 8192);
