#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "dataplane/eal.h"
#include "dataplane/replay/replayer.h"

namespace {

using namespace strata::dataplane;

constexpr int kExitUsage = 64, kExitData = 65, kExitCannotCreate = 73, kExitConfig = 78;

constexpr std::string_view kHelp =
    R"(strata-replay: what would the relay have sent to this receiver?

usage: strata-replay --session SESSION.json [--seed N] [--rtcp] IN OUT_DIR

  --session FILE  tracks and receivers (docs/replay.md)
  --seed N        from which SSRCs and first sequence numbers are drawn (default 1)
  --rtcp          write the relay's sender reports to the receivers' files too
  --help          print this

Plays IN (pcap or rtpdump) through the relay in virtual time and writes OUT_DIR/<receiver>.pcap for each
receiver: the same input always gives the same bytes. A summary in JSON goes to standard output: what
each receiver got, the key frames that the relay would have asked for, and every counter.

Exit status: 0, 64 for wrong arguments, 65 when IN can't be read, 73 when OUT_DIR can't be written, 78
when the session is wrong.

example:
  strata-replay --session session.json capture.pcap out
)";

struct Options {
    std::string session, input, output;
    ReplayOptions replay;
    bool help = false;
};

int fail(int status, const std::string& text) {
    std::fprintf(stderr, "strata-replay: %s\n", text.c_str());
    return status;
}

std::expected<Options, std::string> parse_options(int argc, char** argv) {
    Options options;
    std::vector<std::string> names;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const bool has_value = i + 1 < argc;
        if (argument == "--help" || argument == "-h") {
            options.help = true;
            return options;
        }
        if (argument == "--session" && has_value) {
            options.session = argv[++i];
        } else if (argument == "--rtcp") {
            options.replay.rtcp = true;
        } else if (argument == "--seed" && has_value) {
            const std::string_view text = argv[++i];
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), options.replay.seed);
            if (error != std::errc{} || end != text.data() + text.size())
                return std::unexpected("--seed: expected a number, found \"" + std::string(text) +
                                       "\"");
        } else if (argument.starts_with('-') && argument.size() > 1) {
            return std::unexpected("unknown or incomplete argument \"" + std::string(argument) +
                                   "\", see --help");
        } else {
            names.emplace_back(argument);
        }
    }
    if (options.session.empty()) return std::unexpected("--session FILE is missing, see --help");
    if (names.size() != 2) return std::unexpected("expected IN and OUT_DIR, see --help");
    options.input = names[0];
    options.output = names[1];
    return options;
}

int run(const Options& options) {
    std::ifstream file(options.session);
    if (!file) return fail(kExitConfig, options.session + ": " + std::strerror(errno));
    std::stringstream text;
    text << file.rdbuf();
    const auto session = parse_session(text.str());
    if (!session) return fail(kExitConfig, options.session + ": " + session.error());
    const auto capture = read_capture(options.input);
    if (!capture) return fail(kExitData, capture.error());
    if (::mkdir(options.output.c_str(), 0777) != 0 && errno != EEXIST)
        return fail(kExitCannotCreate, options.output + ": " + std::strerror(errno));

    const std::string device = "--no-pci";
    const EalOptions eal{.program = "strata-replay",
                         .memory_mb = 128,
                         .file_prefix = "strata-replay-" + std::to_string(::getpid()),
                         .devices = {&device, 1},
                         .telemetry = false};
    if (auto started = start_eal(eal); !started) return fail(1, started.error());
    auto replayer = Replayer::create(*session, options.replay, options.output);
    if (!replayer) return fail(kExitConfig, replayer.error());
    if (auto done = (*replayer)->run(*capture); !done) return fail(kExitData, done.error());
    std::puts((*replayer)->summary().c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    if (!options) return fail(kExitUsage, options.error());
    if (options->help) {
        std::fwrite(kHelp.data(), 1, kHelp.size(), stdout);
        return 0;
    }
    return run(*options);
}
