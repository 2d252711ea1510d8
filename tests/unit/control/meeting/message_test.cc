#include "control/meeting/message.h"

#include <gtest/gtest.h>

namespace strata::control::meeting {
namespace {

template <typename T>
T read(const std::string& text) {
    const Incoming message = read_message(text);
    EXPECT_TRUE(message.request) << text << ": " << message.request.error().object << " "
                                 << message.request.error().detail;
    if (!message.request) return {};
    const T* request = std::get_if<T>(&*message.request);
    EXPECT_NE(request, nullptr) << text;
    return request != nullptr ? *request : T{};
}

// Code and object of the refusal.
std::string refused(const std::string& text) {
    const Incoming message = read_message(text);
    if (message.request) return "accepted";
    const Error& error = message.request.error();
    return std::string(error_code_text(error.code)) + " " + error.object;
}

TEST(MeetingMessage, Joins) {
    const Join join = read<Join>(
        R"({"type":"join","id":1,"name":"Äda","token":"t","receive":{"video":2},"codecs":["VP8"]})");
    EXPECT_EQ(join.name, "Äda");
    EXPECT_EQ(join.token, "t");
    EXPECT_EQ(join.video_slots, 2u);
    EXPECT_FALSE(join.audio_slots);
    EXPECT_EQ(join.codecs, std::vector<std::string>{"VP8"});
    EXPECT_EQ(read<Join>(R"({"type":"join","id":1,"name":"a","resume":"r"})").resume, "r");
}

TEST(MeetingMessage, EveryOtherType) {
    EXPECT_EQ(read<Answer>(R"({"type":"answer","id":1,"sdp":"v=0"})").sdp, "v=0");
    const Publish publish = read<Publish>(
        R"({"type":"publish","id":2,"publication":"camera","sdp":"s","tracks":[)"
        R"({"mid":"0","source":"microphone"},)"
        R"({"mid":"1","source":"camera","muted":true,"height":720,"scalability":"L3T3_KEY"}]})");
    ASSERT_EQ(publish.tracks.size(), 2u);
    EXPECT_EQ(publish.tracks[0].source, MediaSource::microphone);
    EXPECT_EQ(publish.tracks[1].mid, "1");
    EXPECT_TRUE(publish.tracks[1].muted);
    EXPECT_EQ(publish.tracks[1].height_px, 720u);
    EXPECT_EQ(publish.tracks[1].scalability, "L3T3_KEY");
    EXPECT_EQ(read<Unpublish>(R"({"type":"unpublish","id":1,"publication":"x"})").publication, "x");
    const Mute mute = read<Mute>(R"({"type":"mute","id":1,"track":"t7","muted":true})");
    EXPECT_EQ(mute.track.value, 7u);
    EXPECT_TRUE(mute.muted);
    const View view = read<View>(
        R"({"type":"view","id":1,"pins":["m4","t7","p1"],"slots":{"3":{"layers":"S1T2"},)"
        R"("4":{"height":360},"5":{"paused":true},"6":{"layers":"auto"},"7":{"layers":"h:T2"}}})");
    EXPECT_EQ(view.pins->size(), 3u);
    EXPECT_EQ(view.slots.at("3").layers, "S1T2");
    EXPECT_EQ(view.slots.at("4").height_px, 360u);
    EXPECT_EQ(view.slots.at("5").paused, true);
    EXPECT_EQ(view.slots.at("6").layers, "");
    EXPECT_EQ(view.slots.at("7").layers, "h:T2");
    EXPECT_FALSE(read<View>(R"({"type":"view","id":1})").pins);
    EXPECT_EQ(read<Restart>(R"({"type":"restart","id":1,"leg":"receive"})").sdp, "");
    EXPECT_EQ(read<Restart>(R"({"type":"restart","id":1,"leg":"camera","sdp":"s"})").sdp, "s");
    EXPECT_EQ(read<Remove>(R"({"type":"remove","id":1,"member":"m4"})").member, "m4");
    read<Leave>(R"({"type":"leave","id":9007199254740992})");
    EXPECT_EQ(read<ListMembers>(R"({"type":"members","id":1,"after":"m4"})").after, 4u);
    EXPECT_EQ(read<ListMembers>(R"({"type":"members","id":1,"after":"p12"})").after, 12u);
}

TEST(MeetingMessage, WhatIsRefused) {
    const std::pair<const char*, const char*> kCases[] = {
        {"", "invalid-json "},
        {"[]", "invalid-json "},
        {"{\"type\":\"leave\",\"id\":1", "invalid-json "},
        {R"({"type":"leave","type":"join","id":1})", "invalid-json type"},
        {R"({"id":1})", "invalid-field type"},
        {R"({"type":7,"id":1})", "invalid-field type"},
        {R"({"type":"dance","id":1})", "invalid-field type"},
        {R"({"type":"leave"})", "missing-field id"},
        {R"({"type":"leave","id":-1})", "invalid-field id"},
        {R"({"type":"leave","id":1.5})", "invalid-field id"},
        {R"({"type":"leave","id":"1"})", "invalid-field id"},
        {R"({"type":"leave","id":9007199254740993})", "invalid-field id"},
        {R"({"type":"leave","id":1,"now":true})", "unknown-field now"},
        {R"({"type":"members","id":1})", "missing-field after"},
        {R"({"type":"members","id":1,"after":"t4"})", "invalid-field after"},
        {R"({"type":"join","id":1})", "missing-field name"},
        {R"({"type":"join","id":1,"name":7})", "invalid-field name"},
        {R"({"type":"join","id":1,"name":"a","resume":""})", "invalid-field resume"},
        {R"({"type":"join","id":1,"name":"a","resume":"r","receive":{}})", "invalid-field receive"},
        {R"({"type":"join","id":1,"name":"a","receive":{"video":50}})",
         "invalid-field receive.video"},
        {R"({"type":"join","id":1,"name":"a","receive":{"screen":1}})",
         "unknown-field receive.screen"},
        {R"({"type":"join","id":1,"name":"a","codecs":["H265"]})", "invalid-field codecs"},
        {R"({"type":"join","id":1,"name":"a","codecs":[]})", "invalid-field codecs"},
        {R"({"type":"publish","id":1,"publication":"receive","sdp":"","tracks":[]})",
         "invalid-field publication"},
        {R"({"type":"publish","id":1,"publication":"c","sdp":""})", "missing-field tracks"},
        {R"({"type":"publish","id":1,"publication":"c","sdp":"","tracks":[{"mid":"0"}]})",
         "missing-field tracks[0].source"},
        {R"({"type":"publish","id":1,"publication":"c","sdp":"","tracks":[7]})",
         "invalid-field tracks[0]"},
        {R"({"type":"mute","id":1,"track":"m7","muted":true})", "invalid-field track"},
        {R"({"type":"mute","id":1,"track":"t7"})", "missing-field muted"},
        {R"({"type":"view","id":1,"pins":["alice"]})", "invalid-field pins"},
        {R"({"type":"view","id":1,"slots":{"3":{"layers":"S9"}}})",
         "invalid-layers slots.3.layers"},
        {R"({"type":"view","id":1,"slots":{"3":{"height":0}}})", "invalid-field slots.3.height"},
        {R"({"type":"view","id":1,"slots":{"3":{"size":1}}})", "unknown-field slots.3.size"},
        {R"({"type":"view","id":1,"slots":{"3":null}})", "invalid-field slots.3"},
        {R"({"type":"restart","id":1,"leg":"receive","sdp":"s"})", "invalid-field sdp"},
        {R"({"type":"restart","id":1,"leg":"camera"})", "missing-field sdp"},
    };
    for (const auto& [text, why] : kCases) EXPECT_EQ(refused(text), why) << text;
}

TEST(MeetingMessage, TheIdIsKnownWhereItCanBe) {
    EXPECT_EQ(read_message(R"({"type":"dance","id":5})").id, 5u);
    EXPECT_EQ(read_message(R"({"type":"leave","id":5,"x":1})").id, 5u);
    EXPECT_FALSE(read_message(R"({"type":"leave","id":"5"})").id);
    EXPECT_FALSE(read_message("{").id);
}

}  // namespace
}  // namespace strata::control::meeting
