#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bench/generator/packet_io.h"

namespace CLI {
class App;
}

namespace strata::gen {

// `strata-gen bench` and `strata-gen preset`: options and what they do.
class BenchCommand {
  public:
    // Opens what a port's name says: "socket", or a DPDK device.
    using OpenIo = std::function<std::unique_ptr<PacketIo>(const std::string& port)>;

    BenchCommand(CLI::App& app, OpenIo open_io);
    // The exit status; nullopt: another command was given. Throws PlanError, FileError, ApiError,
    // IoError.
    std::optional<int> run();

  private:
    void add_bench_options();
    int bench();
    int show_preset() const;

    OpenIo open_io_;
    CLI::App* bench_;
    CLI::App* preset_;
    CLI::App* list_;
    CLI::App* show_;
    std::string preset_name_, plan_, api_, json_file_, port_ = "socket", local_ip_ = "127.0.0.1";
    std::string rooms_ = "bench", over_ = "both";
    double trial_s_ = 2, scale_ = 1, width_ = 0.05, max_multiplier_ = 256;
    int trials_ = 3;
    std::uint32_t max_units_ = 100'000, seed_ = 1;
    bool no_latency_ = false, quiet_ = false;
};

// Exit status of a bench whose generator was the limit: sysexits.h, EX_UNAVAILABLE.
constexpr int kGeneratorWasTheLimit = 69;

}  // namespace strata::gen
