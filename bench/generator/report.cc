#include "bench/generator/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace strata::gen {
namespace {

using nlohmann::json;

json latency_json(const Histogram& h) {
    return {{"packets", h.count()},          {"min_us", h.min_us()},
            {"mean_us", h.mean_us()},        {"p50_us", h.quantile_us(0.5)},
            {"p99_us", h.quantile_us(0.99)}, {"p999_us", h.quantile_us(0.999)},
            {"max_us", h.max_us()}};
}

double since_s(const Run& run, std::int64_t at_us) {
    return at_us < 0 ? -1 : static_cast<double>(at_us - run.began_us()) / 1e6;
}

json targets_json(const Run& run, const Receiver& r) {
    json list = json::array();
    for (const TargetChange& change : r.layers().changes()) {
        json one{{"target", change.text}, {"at_s", since_s(run, change.since_us)}};
        if (!change.target.paused)
            one["reached_after_ms"] =
                change.reached_us < 0
                    ? json(nullptr)
                    : json(std::max<std::int64_t>(change.reached_us - change.since_us, 0) / 1000);
        list.push_back(one);
    }
    return list;
}

json gaps_json(const Run& run, const Receiver& r) {
    json list = json::array();
    for (const Gap& gap : r.gaps())
        list.push_back({{"at_s", since_s(run, gap.at_us)},
                        {"length_ms", gap.length_us / 1000},
                        {"lost", gap.lost}});
    return list;
}

json faults_json(const FaultLog& faults) {
    json object = json::object();
    for (std::size_t i = 0; i < kFaults; ++i) {
        const auto fault = static_cast<Fault>(i);
        object[std::string(fault_name(fault))] = faults.count(fault);
    }
    return object;
}

json receiver_json(const Run& run, const Run::ReceiverEnd& end) {
    const Receiver& r = *end.receiver;
    const ReceiverTotals& t = r.totals();
    const PictureView& view = r.pictures();
    const double seconds = std::max(run.elapsed_s(), 1e-3);
    return {{"id", end.plan.id},
            {"track", end.plan.track},
            {"ssrc", r.config().ssrc},
            {"target", r.target_text()},
            {"layer", layer_text(r)},
            {"width", view.width},
            {"height", view.height},
            {"packets", t.packets},
            {"bytes", t.bytes},
            {"empty_packets", t.empty_packets},
            {"rtx_packets", end.rtx_packets},
            {"pictures", view.pictures},
            {"frames", view.frames},
            {"key_pictures", view.key_pictures},
            {"judged_frames", r.layers().judged_frames()},
            {"wanted_frames", r.layers().wanted_frames()},
            {"fps", static_cast<double>(view.pictures) / seconds},
            {"kbps", static_cast<double>(t.bytes) * 8 / 1000 / seconds},
            {"expected", r.sequence().expected()},
            {"first_s", since_s(run, t.first_us)},
            {"last_s", since_s(run, t.last_us)},
            {"encoding_switches", t.encoding_switches},
            {"largest_timestamp_step_us", t.largest_timestamp_step_us},
            {"sender_reports", t.sender_reports},
            {"plis_sent", t.plis_sent},
            {"latency", latency_json(r.latency())},
            {"targets", targets_json(run, r)},
            {"gaps", gaps_json(run, r)},
            {"faults", faults_json(r.faults())}};
}

json publisher_json(const Run& run, std::size_t i) {
    const Publisher& p = run.publisher(i);
    const PublisherTotals& t = p.totals();
    return {{"id", p.config().id},
            {"local", to_string(run.publisher_address(i))},
            {"track", to_json(p.track())},
            {"packets", t.packets},
            {"bytes", t.bytes},
            {"frames", t.frames},
            {"key_pictures", t.key_pictures},
            {"padding_packets", t.padding_packets},
            {"sender_reports", t.sender_reports},
            {"late_packets", t.late_packets},
            {"largest_delay_us", t.largest_delay_us},
            {"plis_received", t.plis},
            {"firs_received", t.firs},
            {"key_frames_given", t.key_frames_given},
            {"receiver_reports_received", t.receiver_reports},
            {"nacks_received", t.nacks},
            {"transport_feedback_received", t.transport_feedback},
            {"malformed_rtcp", t.malformed_rtcp},
            {"reported_lost", t.reported_lost},
            {"reported_jitter", t.reported_jitter}};
}

json wrong_json(const std::vector<Wrong>& wrong) {
    json list = json::array();
    for (const Wrong& w : wrong)
        list.push_back({{"object", w.object},
                        {"reason", w.reason},
                        {"count", w.count},
                        {"allowed", w.allowed},
                        {"first", w.first}});
    return list;
}

}  // namespace

std::string layer_text(const Receiver& receiver) {
    const auto& encodings = receiver.config().track.encodings;
    if (receiver.config().track.is_audio()) return "audio";
    if (receiver.pictures().pictures == 0) return "-";
    const auto encoding = static_cast<std::size_t>(std::max(receiver.encoding(), 0));
    const PictureView& view = receiver.pictures();
    if (encodings.size() > 1 && encoding < encodings.size()) {
        const std::string name =
            encodings[encoding].rid.empty() ? std::to_string(encoding) : encodings[encoding].rid;
        return fmt::format("{}:T{}", name, view.temporal_id);
    }
    return fmt::format("S{}T{}", view.spatial_id, view.temporal_id);
}

std::vector<Wrong> verdict(const Run& run) {
    std::vector<Wrong> wrong;
    for (const Run::ReceiverEnd& end : run.receivers()) {
        const FaultLog& faults = end.receiver->faults();
        for (std::size_t i = 0; i < kFaults; ++i) {
            const auto fault = static_cast<Fault>(i);
            const std::uint64_t allowed = run.plan().limits.allowed[i];
            if (faults.count(fault) > allowed)
                wrong.push_back({end.plan.id, std::string(fault_name(fault)), faults.count(fault),
                                 allowed, faults.first(fault)});
        }
    }
    const IoCounters io = run.io_counters();
    if (io.send_failed > 0)
        wrong.push_back(
            {"run", "send_failed", io.send_failed, 0, "the kernel or device refused packets"});
    if (io.receive_dropped > 0)
        wrong.push_back({"run", "receive_dropped", io.receive_dropped, 0,
                         "this machine was too slow to take what arrived: not the relay's fault"});
    return wrong;
}

json report_json(const Run& run) {
    const std::vector<Wrong> wrong = verdict(run);
    const IoCounters io = run.io_counters();
    json report{
        {"ok", wrong.empty()}, {"duration_s", run.elapsed_s()}, {"wrong", wrong_json(wrong)}};
    report["stray_packets"] = run.stray_packets();
    report["io"] = {{"sent", io.sent},
                    {"received", io.received},
                    {"send_failed", io.send_failed},
                    {"receive_dropped", io.receive_dropped}};
    report["publishers"] = json::array();
    for (std::size_t i = 0; i < run.publisher_count(); ++i)
        report["publishers"].push_back(publisher_json(run, i));
    report["receivers"] = json::array();
    for (const Run::ReceiverEnd& end : run.receivers())
        report["receivers"].push_back(receiver_json(run, end));
    return report;
}

json live_json(const Run& run) {
    json line{{"event", "second"}, {"t_s", run.elapsed_s()}};
    line["receivers"] = json::array();
    for (const Run::ReceiverEnd& end : run.receivers()) {
        const Receiver& r = *end.receiver;
        std::uint64_t faults = 0;
        for (std::size_t i = 0; i < kFaults; ++i) faults += r.faults().count(static_cast<Fault>(i));
        line["receivers"].push_back({{"id", end.plan.id},
                                     {"track", end.plan.track},
                                     {"target", r.target_text()},
                                     {"layer", layer_text(r)},
                                     {"width", r.pictures().width},
                                     {"height", r.pictures().height},
                                     {"fps", r.second().fps},
                                     {"kbps", r.second().kbps},
                                     {"packets", r.totals().packets},
                                     {"lost", r.sequence().lost()},
                                     {"faults", faults},
                                     {"latency_p50_us", r.second().latency_p50_us},
                                     {"latency_p99_us", r.second().latency_p99_us}});
    }
    line["publishers"] = json::array();
    for (std::size_t i = 0; i < run.publisher_count(); ++i) {
        const PublisherTotals& t = run.publisher(i).totals();
        line["publishers"].push_back({{"id", run.publisher(i).config().id},
                                      {"packets", t.packets},
                                      {"plis_received", t.plis + t.firs},
                                      {"receiver_reports_received", t.receiver_reports}});
    }
    return line;
}

std::string receiver_table(const Run& run, bool live) {
    std::string out =
        fmt::format("{:<14} {:<10} {:<8} {:<7} {:>9} {:>6} {:>8} {:>6} {:>6} {:>8} {:>8}\n",
                    "receiver", "track", "target", "layer", "picture", "fps", "kbit/s", "lost",
                    "faults", "p50 µs", "p99 µs");
    for (const Run::ReceiverEnd& end : run.receivers()) {
        const Receiver& r = *end.receiver;
        const double seconds = std::max(run.elapsed_s(), 1e-3);
        const double fps =
            live ? r.second().fps : static_cast<double>(r.pictures().pictures) / seconds;
        const double kbps =
            live ? r.second().kbps : static_cast<double>(r.totals().bytes) * 8 / 1000 / seconds;
        std::uint64_t faults = 0;
        for (std::size_t i = 0; i < kFaults; ++i) faults += r.faults().count(static_cast<Fault>(i));
        const std::string picture =
            r.pictures().width == 0 ? "-"
                                    : fmt::format("{}x{}", r.pictures().width, r.pictures().height);
        out += fmt::format(
            "{:<14} {:<10} {:<8} {:<7} {:>9} {:>6.1f} {:>8.0f} {:>6} {:>6} {:>7} {:>7}\n",
            end.plan.id, end.plan.track, r.target_text(), layer_text(r), picture, fps, kbps,
            r.sequence().lost(), faults,
            live ? r.second().latency_p50_us : r.latency().quantile_us(0.5),
            live ? r.second().latency_p99_us : r.latency().quantile_us(0.99));
    }
    return out;
}

std::string publisher_table(const Run& run) {
    std::string out = fmt::format("{:<14} {:<8} {:>9} {:>9} {:>8} {:>8} {:>9}\n", "publisher",
                                  "codec", "packets", "frames", "PLI+FIR", "late", "delay µs");
    for (std::size_t i = 0; i < run.publisher_count(); ++i) {
        const Publisher& p = run.publisher(i);
        const PublisherTotals& t = p.totals();
        out += fmt::format("{:<14} {:<8} {:>9} {:>9} {:>8} {:>8} {:>8}\n", p.config().id,
                           p.track().codec, t.packets, t.frames, t.plis + t.firs, t.late_packets,
                           t.largest_delay_us);
    }
    return out;
}

std::string verdict_text(const std::vector<Wrong>& wrong) {
    if (wrong.empty()) return "all right\n";
    std::string out = fmt::format("{} wrong\n", wrong.size());
    for (const Wrong& w : wrong)
        out += fmt::format("  {}: {} {} (allowed {}){}{}\n", w.object, w.reason, w.count, w.allowed,
                           w.first.empty() ? "" : "; first: ", w.first);
    return out;
}

}  // namespace strata::gen
