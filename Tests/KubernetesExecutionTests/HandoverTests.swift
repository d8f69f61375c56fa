import Foundation
import Testing
import WorkflowCore

@testable import KubernetesExecution

@Suite("What a pod hands over in its log")
struct HandoverTests {
  private let text = "one\ntwo\u{1E}m o 0 YQ==\n\u{1E}m o 0 Yg==\n\u{1E}m r\n\u{1E}m e signaled 9 5 7\n"

  @Test("comes out the same however the log is cut into pieces", arguments: 1...40)
  func pieces(_ size: Int) {
    var handover = Handover(mark: "m")
    var log: [UInt8] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: size) {
      log += handover.take(Array(bytes[start..<min(start + size, bytes.count)])).log
    }
    log += handover.finish()
    #expect(String(decoding: log, as: UTF8.self) == "one\ntwo")
    let outcome = handover.outcome(handover.ending ?? .lost(""), .pod())
    #expect(outcome.ending == .signaled(9))
    #expect(outcome.parameters == [ParameterValue(name: "text", value: "ab")])
    #expect(outcome.result == "")
    #expect(outcome.finishedAt == Timestamp(milliseconds: 7))
  }

  @Test("is not mistaken for what the step prints")
  func others() {
    var handover = Handover(mark: "m")
    let lines = "\u{1E}x e exited 0 1 2\nm e exited 0 1 2\n"
    #expect(handover.take(Array(lines.utf8)).log == Array(lines.utf8))
    #expect(!handover.isComplete)
  }

  @Test("tells how far the step is", arguments: [("3/10", 3), ("0/0", 0)])
  func progress(_ text: String, _ done: Int64) {
    #expect(Handover.progress(text)?.done == done)
    for wrong in ["", "a/b", "5/3", "-1/3", "1"] { #expect(Handover.progress(wrong) == nil) }
  }
}
