import CLinux
import Foundation
import WorkflowCore

/// The folder of one attempt: what engine and supervisor know of it, and what it leaves.
///
///     launch, script        what to run, written before the supervisor starts
///     devices               numbers of the GPUs that are the attempt's own, if any
///     inputs/N, volumes/    input artifacts and volumes, mounted for the step
///     claim                 created and locked by the attempt's one supervisor
///     main.log, stdout      what the step printed; `stdout` only when it is wanted apart
///     progress              written by the step: `done/total`
///     outputs/N, artifacts/N, exit.json  written by the supervisor when the step has ended
struct AttemptDirectory: Hashable, Sendable {
  let path: String

  /// Longest text kept of an output parameter or a result, in bytes (Argo's limit).
  static let textLimit = 256 << 10

  init(path: String) { self.path = path }

  init(of attempt: AttemptID, under root: String) {
    path = "\(root)/\(attempt.run)/\(attempt.nodeID)"
  }

  static let progressName = "progress"

  var progress: String { "\(path)/\(Self.progressName)" }
  var log: String { path + "/main.log" }
  var stdout: String { path + "/stdout" }
  var script: String { path + "/script" }
  var scratch: String { path + "/scratch" }
  var supervisorLog: String { path + "/supervisor.log" }
  var inputs: String { path + "/inputs" }
  var volumes: String { path + "/volumes" }
  var artifacts: String { path + "/artifacts" }
  private var claim: String { path + "/claim" }
  private var devices: String { path + "/devices" }

  /// Where the attempt stands, from the files alone.
  enum State {
    case absent
    case supervised(pid: pid_t)
    case ended(SupervisorReport)
    /// Claimed, but its supervisor is gone and left no report.
    case abandoned
  }

  func state() -> State {
    if let report = SupervisorReport(path: path + "/exit.json") { return .ended(report) }
    switch linux_is_locked(claim) {
    case 1: return supervisorPID().map { .supervised(pid: $0) } ?? .abandoned
    case 0: return SupervisorReport(path: path + "/exit.json").map { .ended($0) } ?? .abandoned
    default: return .absent
    }
  }

  private func supervisorPID() -> pid_t? {
    claimLines.first.flatMap { pid_t($0) }
  }

  /// The claim's text: the supervisor's process ID, and the machine's boot ID.
  private var claimLines: [Substring] {
    ((try? String(contentsOfFile: claim, encoding: .utf8)) ?? "").split(separator: "\n")
  }

  /// Why an abandoned attempt has no supervisor any more.
  func reasonOfLoss() -> String {
    let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    let lines = claimLines
    guard lines.count > 1, let boot, lines[1] != boot.trimmingCharacters(in: .newlines) else {
      return "its supervisor is gone"
    }
    return "the machine was restarted while it ran"
  }

  /// Writes what the supervisor is to run, and for a later engine which GPUs are taken by it.
  func prepare(_ records: LaunchRecords, devices numbers: [Int]) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    if let source = records.script {
      try replace(script, with: Data(source.utf8), permissions: 0o755)
    }
    if records.needsScratch {
      try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    }
    if !numbers.isEmpty {
      try replace(devices, with: Data(numbers.map(String.init).joined(separator: ",").utf8))
    }
    try replace(path + "/launch", with: records.bytes)
  }

  /// Puts a file in place whole: another engine may be preparing the same attempt, and its supervisor reading already.
  private func replace(_ file: String, with bytes: Data, permissions: Int = 0o644) throws {
    let new = "\(file).\(UUID().uuidString)"
    try bytes.write(to: URL(fileURLWithPath: new))
    try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: new)
    guard rename(new, file) == 0 else { throw CocoaError(.fileWriteUnknown) }
  }

  func readDevices() -> [Int] {
    ((try? String(contentsOfFile: devices, encoding: .utf8)) ?? "").split(separator: ",").compactMap { Int($0) }
  }

  func readProgress() -> WorkflowCore.Progress? {
    guard let data = FileManager.default.contents(atPath: progress) else { return nil }
    let text = String(decoding: data, as: UTF8.self)
    let parts = text.trimmingCharacters(in: .whitespacesAndNewlines).split(separator: "/")
    guard parts.count == 2, let done = Int64(parts[0]), let total = Int64(parts[1]), done >= 0, total >= done else {
      return nil
    }
    return WorkflowCore.Progress(done: done, total: total)
  }

  /// The last part of the step's standard output, one trailing newline removed.
  func readResult() -> String { text(at: stdout, keepingEnd: true) ?? "" }

  /// The text of the declared output files that were there.
  func readOutputs(_ files: [OutputFile]) -> [ParameterValue] {
    files.enumerated().compactMap { position, file in
      text(at: "\(path)/outputs/\(position)", keepingEnd: false)
        .map { ParameterValue(name: file.parameter, value: $0) }
    }
  }

  private func text(at file: String, keepingEnd: Bool) -> String? {
    guard let handle = FileHandle(forReadingAtPath: file) else { return nil }
    defer { try? handle.close() }
    if keepingEnd, let size = try? handle.seekToEnd() {
      try? handle.seek(toOffset: size > UInt64(Self.textLimit) ? size - UInt64(Self.textLimit) : 0)
    }
    let data = (try? handle.read(upToCount: Self.textLimit)) ?? Data()
    // A NUL ends a text for SQLite, and cannot be part of an argument.
    let text = String(decoding: data, as: UTF8.self).replacing("\0", with: "\u{FFFD}")
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// Makes room for an attempt of the same name: this one's files are kept as `PATH~1`, `PATH~2`, ...
  func setAside() throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    var number = 1
    while FileManager.default.fileExists(atPath: "\(path)~\(number)") { number += 1 }
    try FileManager.default.moveItem(atPath: path, toPath: "\(path)~\(number)")
  }

  /// Drops what only the running step needed. Its logs and its report stay.
  func tidy() {
    // `launch` goes last: while it is there, something may be left.
    guard FileManager.default.fileExists(atPath: path + "/launch") else { return }
    for name in ["upper", "overlay", "root", "tmp", "scratch", "outputs", "artifacts", "inputs", "volumes", "launch"] {
      let item = "\(path)/\(name)"
      // Most are empty or were never made; Foundation takes ten times as long to find that out.
      if remove(item) != 0, errno != ENOENT { try? FileManager.default.removeItem(atPath: item) }
    }
  }
}

/// A supervisor's `exit.json`.
struct SupervisorReport: Sendable {
  let ending: String
  let code: Int32
  let startedMilliseconds: Int64
  let finishedMilliseconds: Int64
  let cpuMilliseconds: Int64
  let maxRSSBytes: Int64
  let message: String

  init?(path: String) {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    // A message may quote a program's name that was cut in the middle of a character: its remains are replaced.
    guard let object = try? Value(json: String(decoding: data, as: UTF8.self)) else { return nil }
    func number(_ key: String) -> Int64? {
      guard case .int(let number) = object[key] else { return nil }
      return number
    }
    guard let ending = object["ending"]?.stringValue, let message = object["message"]?.stringValue,
      let code = number("code").flatMap(Int32.init(exactly:)), let started = number("startedMilliseconds"),
      let finished = number("finishedMilliseconds"), let cpu = number("cpuMilliseconds"),
      let memory = number("maxRSSBytes")
    else { return nil }
    (self.ending, self.message, self.code) = (ending, message, code)
    (startedMilliseconds, finishedMilliseconds) = (started, finished)
    (cpuMilliseconds, maxRSSBytes) = (cpu, memory)
  }

  /// An ending this engine does not know is an error of the platform, never a trap.
  var outcomeEnding: Outcome.Ending {
    switch ending {
    case "exited": .exited(code: code)
    case "signaled": .signaled(code)
    case "deadlineExceeded": .deadlineExceeded
    case "notStarted": .notStarted(message)
    default: .error(message.isEmpty ? "the supervisor reports '\(ending)'" : message)
    }
  }
}
