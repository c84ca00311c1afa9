# Writes OUTPUT with the commit of SOURCE; run at every build, changes the file only when needed.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=10
                OUTPUT_VARIABLE id OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(id unknown)
endif()
set(text "#include \"common/git_id.hpp\"\n\nnamespace dualcam::inline tools {\n\nconst char* git_id() { return \"${id}\"; }\n\n} // namespace dualcam::inline tools\n")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} old)
endif()
if(NOT "${old}" STREQUAL "${text}")
  file(WRITE ${OUTPUT} "${text}")
endif()
