import Foundation
import WorkflowCore

/// What a pod's helper hands over in its log: lines that begin with a control character and the pod's mark.
///
///     RS mark p 3/10                              progress
///     RS mark o 0 BASE64                          a piece of output file 0
///     RS mark r BASE64                            a piece of the result
///     RS mark x BASE64                            the program could not be started, and why
///     RS mark e exited|signaled CODE START END    the step's end, milliseconds since 1970: nothing comes after it
///
/// Everything else is the step's own, and its log.
struct Handover: Sendable {
  private let lead: [UInt8]
  private var line: [UInt8] = []
  private var outputs: [Int: Data] = [:]
  private var result = Data()
  private(set) var ending: Outcome.Ending?
  private var startedAt: Timestamp?
  private var finishedAt: Timestamp?

  init(mark: String) { lead = [0x1E] + Array(mark.utf8) + [0x20] }

  /// Whether all has been handed over.
  var isComplete: Bool { ending != nil }

  /// Takes bytes of the pod's log; returns those that are the step's, and the progress it told last.
  mutating func take(_ bytes: [UInt8]) -> (log: [UInt8], progress: WorkflowCore.Progress?) {
    var log: [UInt8] = []
    var progress: WorkflowCore.Progress?
    var start = bytes.startIndex
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      line += bytes[start...end]
      start = end + 1
      progress = finishLine(&log) ?? progress
    }
    line += bytes[start...]
    if line.firstIndex(of: lead[0]) == nil {
      log += line
      line = []
    }
    return (log, progress)
  }

  /// What is left of the step's log when no more comes.
  mutating func finish() -> [UInt8] {
    defer { line = [] }
    return line
  }

  private mutating func finishLine(_ log: inout [UInt8]) -> WorkflowCore.Progress? {
    defer { line = [] }
    guard let place = line.indices.first(where: { line[$0] == lead[0] && line[$0...].starts(with: lead) }) else {
      log += line
      return nil
    }
    // The step may have left its last line without an end.
    log += line[..<place]
    let fields = String(decoding: line[(place + lead.count)...].dropLast(), as: UTF8.self).split(separator: " ")
    return takeFrame(fields.map(String.init))
  }

  private mutating func takeFrame(_ fields: [String]) -> WorkflowCore.Progress? {
    switch (fields.first, fields.count) {
    case ("p", 2): return Self.progress(fields[1])
    case ("o", 2...3): if let number = Int(fields[1]) { outputs[number, default: Data()] += piece(fields, 2) }
    case ("r", 1...2): result += piece(fields, 1)
    case ("x", 2): ending = .notStarted(String(decoding: piece(fields, 1), as: UTF8.self))
    case ("e", 5): takeEnd(fields)
    default: break
    }
    return nil
  }

  private func piece(_ fields: [String], _ place: Int) -> Data {
    fields.count > place ? Data(base64Encoded: fields[place]) ?? Data() : Data()
  }

  private mutating func takeEnd(_ fields: [String]) {
    guard let code = Int32(fields[2]), let start = Int64(fields[3]), let end = Int64(fields[4]) else { return }
    (startedAt, finishedAt) = (Timestamp(milliseconds: start), Timestamp(milliseconds: end))
    if ending == nil { ending = fields[1] == "signaled" ? .signaled(code) : .exited(code: code) }
  }

  static func progress(_ text: String) -> WorkflowCore.Progress? {
    let parts = text.split(separator: "/").compactMap { Int64($0) }
    guard parts.count == 2, parts[0] >= 0, parts[1] >= parts[0] else { return nil }
    return WorkflowCore.Progress(done: parts[0], total: parts[1])
  }

  func outcome(_ ending: Outcome.Ending, _ launch: Launch) -> Outcome {
    let parameters = launch.outputFiles.enumerated().compactMap { number, file in
      outputs[number].map { ParameterValue(name: file.parameter, value: Self.text($0)) }
    }
    return Outcome(
      ending, parameters: parameters, result: launch.capturesResult && isComplete ? Self.text(result) : nil,
      startedAt: startedAt, finishedAt: finishedAt)
  }

  private static func text(_ data: Data) -> String {
    // A NUL ends a text for SQLite, and cannot be part of an argument.
    let text = String(decoding: data, as: UTF8.self).replacing("\0", with: "\u{FFFD}")
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
