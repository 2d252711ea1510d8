#include "bench/generator/data_files.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/generator/pcap_reader.h"

namespace strata::gen {
namespace {

namespace fs = std::filesystem;

// A setting, beside the program as installed, as built, the sources.
std::vector<fs::path> folders(const std::string& kind) {
    std::vector<fs::path> found;
    std::string variable = "STRATA_GEN_" + kind;
    std::ranges::transform(variable, variable.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (const char* setting = std::getenv(variable.c_str())) found.emplace_back(setting);
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    found.push_back(program / "../share/strata" / kind);
    for (fs::path up = program; up.has_relative_path(); up = up.parent_path())
        found.push_back(up / "bench/generator" / kind);
    return found;
}

}  // namespace

nlohmann::json load_data_file(const std::string& kind, const std::string& name) {
    std::vector<fs::path> candidates{name};
    for (const fs::path& folder : folders(kind)) candidates.push_back(folder / (name + ".json"));
    for (const fs::path& path : candidates) {
        std::error_code ignored;
        if (!fs::is_regular_file(path, ignored)) continue;
        std::ifstream in(path);
        nlohmann::json parsed = nlohmann::json::parse(in, nullptr, false);
        if (parsed.is_discarded()) throw FileError(path.string() + ": not JSON");
        return parsed;
    }
    std::string known;
    for (const std::string& one : data_file_names(kind)) known += known.empty() ? one : ", " + one;
    throw FileError(name + ": neither a file nor one of the " + kind + "; there are " + known);
}

std::vector<std::string> data_file_names(const std::string& kind) {
    std::vector<std::string> names;
    for (const fs::path& folder : folders(kind)) {
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(folder, ignored))
            if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace strata::gen
