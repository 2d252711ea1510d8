// The members of JSON values, once for all files of this folder: the precompiled header says that they
// are here, which saves every other file a third of its time in the compiler.
#include <nlohmann/json.hpp>
#include <vector>

template class nlohmann::basic_json<nlohmann::ordered_map>;
template class std::vector<nlohmann::ordered_json>;
