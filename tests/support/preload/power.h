// What a power cut takes away: everything that was not synced, remembered so that it can be undone.
#pragma once

namespace breaking {

// All do nothing unless the run is to end in a power cut. A folder is a descriptor or AT_FDCWD, a name a path
// below it.
void is_written(int file);                   // its bytes are in memory only
void is_synced(int file_or_folder);          // what is in it stays
void is_made(int folder, const char* name);  // a file, folder or link that was not there
// Does the renaming or removal itself, so that it can be undone; false: it is not to be undone, and not done.
bool moves(int folder, const char* from, const char* to, int& result);
bool removes(int folder, const char* name, int flags, int& result);
void cut_power();  // undoes what was not synced

}  // namespace breaking
