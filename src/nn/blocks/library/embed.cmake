# cmake -DOUT=FILE.c -DFILES=a.ini|b.ini -P embed.cmake: the texts of nn/blocks/library as a table of C strings.
string(REPLACE "|" ";" files "${FILES}")
set(rows "")
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n     \"" text "${text}")
  string(APPEND rows "    {\"${name}\",\n     \"${text}\"},\n")
endforeach()
file(WRITE ${OUT} "/* Made by nn/blocks/library/embed.cmake. */
#include \"nn/blocks/library.h\"

const struct library_block library_blocks[] = {
${rows}    {0, 0},
};
")
