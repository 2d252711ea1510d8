#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/generator/address.h"
#include "bench/generator/faults.h"
#include "bench/generator/frame_reader.h"
#include "bench/generator/histogram.h"
#include "bench/generator/journal.h"
#include "bench/generator/layer_check.h"
#include "bench/generator/picture_check.h"
#include "bench/generator/rtcp.h"
#include "bench/generator/sequence_check.h"
#include "bench/generator/track_description.h"

namespace strata::gen {

struct ReceiverConfig {
    std::string id;
    TrackDescription track;      // payload types and extension ids of this leg
    std::uint32_t ssrc = 0;      // 0: learned
    std::uint32_t own_ssrc = 0;  // sender of its RTCP
    LayerCheckTimes times;
    std::int64_t max_timestamp_step_us = 100'000;
};

// A stretch without packets.
struct Gap {
    std::int64_t at_us = 0, length_us = 0;  // begin; monotonic
    std::uint64_t lost = 0;                 // sequence numbers missing behind it
};

// What a receiver's last whole second was like.
struct SecondView {
    double fps = 0, kbps = 0;
    std::uint64_t packets = 0, lost = 0;
    std::int64_t latency_p50_us = 0, latency_p99_us = 0, latency_max_us = 0;
};

struct ReceiverTotals {
    std::uint64_t packets = 0, bytes = 0, media_packets = 0, empty_packets = 0;
    std::uint64_t sender_reports = 0, plis_sent = 0, encoding_switches = 0;
    std::int64_t first_us = -1, last_us = -1;
    std::int64_t largest_timestamp_step_us = 0;
};

// One receiver of one track: checks all that it gets and answers like a client. Thread: the run's.
class Receiver {
  public:
    // `journal`: of the track's publisher; it must outlive the receiver.
    Receiver(ReceiverConfig config, const Journal& journal);

    void set_target(std::int64_t now_us, const relay::LayerTarget& target, const std::string& text);
    void on_rtp(std::int64_t now_us, std::span<const std::uint8_t> packet);
    void on_sender_report(std::int64_t now_us, const SenderReport& report);
    // Once a second: takes stock.
    void on_second(std::int64_t now_us);
    // The end: judges what was sent before `until_us` and everything that came.
    void finish(std::int64_t now_us, std::int64_t until_us, std::int64_t latency_p99_limit_us);

    // The RTCP compound for this second; PLI when there is no key frame yet. Empty: nothing known.
    std::vector<std::uint8_t> make_rtcp(std::int64_t now_us);

    // True when a packet with that SSRC and payload type is this receiver's.
    bool takes(std::uint32_t ssrc, std::uint8_t payload_type) const;

    const ReceiverConfig& config() const { return config_; }
    const FaultLog& faults() const { return faults_; }
    const SequenceCheck& sequence() const { return sequence_; }
    const PictureView& pictures() const { return pictures_.view(); }
    const LayerCheck& layers() const { return layers_; }
    const Histogram& latency() const { return latency_; }
    const SecondView& second() const { return second_view_; }
    const ReceiverTotals& totals() const { return totals_; }
    const std::vector<Gap>& gaps() const { return gaps_; }
    int encoding() const { return encoding_; }  // -1: nothing matched yet
    const std::string& target_text() const { return target_text_; }
    bool paused() const { return paused_; }

  private:
    void read_media(std::int64_t now_us, std::span<const std::uint8_t> packet,
                    const relay::PacketInfo& info, const SequenceCheck::Verdict& verdict);
    // The frame that the publisher sent this packet in; null: it didn't, or long ago.
    const SentFrame* match_content(std::int64_t now_us, std::span<const std::uint8_t> packet,
                                   const relay::PacketInfo& info,
                                   const SequenceCheck::Verdict& verdict);
    void check_timestamp(const SentFrame& frame, std::int64_t timestamp);
    void note_arrival(std::int64_t now_us, const relay::PacketInfo& info,
                      const SequenceCheck::Verdict& verdict);
    ReportBlock report_block(std::int64_t now_us);

    ReceiverConfig config_;
    const Journal& journal_;
    relay::PacketParser parser_;
    FaultLog faults_;
    SequenceCheck sequence_;
    FrameReader reader_;
    PictureCheck pictures_{faults_};
    LayerCheck layers_;
    Histogram latency_, second_latency_;
    ReceiverTotals totals_;
    SecondView second_view_;
    std::vector<Gap> gaps_;
    std::string target_text_ = "-";
    bool paused_ = false;
    const SentFrame* sent_frame_ = nullptr;  // of the packet being read

    relay::TimestampUnwrapper timestamps_;
    std::int64_t last_picture_ = -1, last_media_us_ = 0, last_timestamp_ = 0;
    std::int64_t newest_timestamp_ = -1, newest_us_ = 0;
    std::uint32_t timestamp_offset_ = 0;  // as published minus as received, of the last match
    bool timestamp_offset_known_ = false;
    int encoding_ = -1;
    double jitter_ = 0;  // RFC 3550 section 6.4.1, timestamp units
    std::int64_t transit_ = 0;
    bool transit_known_ = false;

    std::uint64_t second_packets_ = 0, second_bytes_ = 0, second_pictures_ = 0, second_lost_ = 0;
    std::int64_t second_began_us_ = 0;
    std::uint64_t reported_expected_ = 0, reported_received_ = 0;
    std::uint64_t pli_faults_ = 0;
    std::uint32_t last_sr_ = 0;
    std::int64_t last_sr_us_ = -1;
};

}  // namespace strata::gen
