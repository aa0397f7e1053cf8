# Run by every build: writes HEADER, if that says something else, with the revision of the sources in SOURCE: REVISION if
# that is given (an image is built without git), else git's name of the commit, and "+changes" if files differ from it.
if(NOT REVISION)
  execute_process(COMMAND git -C ${SOURCE} describe --always --exclude=* --dirty=+changes OUTPUT_VARIABLE REVISION
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT REVISION)
  set(REVISION unknown)
endif()
set(text "#define AFE_REVISION \"${REVISION}\"\n")
if(EXISTS ${HEADER})
  file(READ ${HEADER} before)
endif()
if(NOT "${before}" STREQUAL "${text}")
  file(WRITE ${HEADER} "${text}")
endif()
