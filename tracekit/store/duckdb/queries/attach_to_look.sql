ATTACH ? AS traces (READ_ONLY);
