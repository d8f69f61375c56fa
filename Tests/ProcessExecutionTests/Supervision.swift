import CLinux
import Foundation
import Testing

@testable import ProcessExecution

/// An attempt's directory and the real supervisor on it, without the executor in between. What the supervisor is told is
/// written here byte by byte, from CSupervisor/launch.h.
final class Supervision {
  struct Step {
    var arguments: [[UInt8]]
    var directory: String?
    var workspace: String?
    var keepsResult = false
    var outputs: [String] = []
    var deadline: Int?
    var grace = 10_000
    var isPrivate = false

    init(_ arguments: String...) { self.arguments = arguments.map { Array($0.utf8) } }

    /// A shell script; `$1`, `$2` ... are `arguments`.
    static func shell(_ script: String, _ arguments: String...) -> Step {
      var step = Step("/bin/sh", "-c", script, "sh")
      step.arguments += arguments.map { Array($0.utf8) }
      return step
    }

    func with(_ change: (inout Step) -> Void) -> Step {
      var step = self
      change(&step)
      return step
    }
  }

  let folder: TemporaryDirectory
  let directory: AttemptDirectory
  private(set) var process: ProcessHandle?
  private var gates: [Gate] = []

  init(in folder: TemporaryDirectory? = nil) throws {
    let folder = try folder ?? TemporaryDirectory()
    self.folder = folder
    directory = AttemptDirectory(path: folder.path)
  }

  deinit { process?.signal(SIGKILL) }

  /// Starts the supervisor.
  @discardableResult
  func start(_ step: Step, environment: [String] = ["PATH=/usr/bin:/bin"]) throws -> ProcessHandle {
    try Data(records(step)).write(to: URL(fileURLWithPath: folder.path + "/launch"))
    return try startAgain(environment: environment)
  }

  /// Starts a supervisor on the directory as it is.
  @discardableResult
  func startAgain(environment: [String] = []) throws -> ProcessHandle {
    let program = try Self.program()
    let handle = try [program, folder.path].withCStrings { arguments in
      try environment.withCStrings { variables in
        try ProcessHandle(linux_spawn(program, arguments, variables, folder.path + "/supervisor.log"))
      }
    }
    if process == nil { process = handle }
    return handle
  }

  /// Runs a step to its end.
  func run(
    _ step: Step, environment: [String] = ["PATH=/usr/bin:/bin"], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> SupervisorReport {
    try start(step, environment: environment)
    return try await report(sourceLocation: sourceLocation)
  }

  /// What the supervisor reports once it has left.
  func report(sourceLocation: SourceLocation = #_sourceLocation) async throws -> SupervisorReport {
    let status = try await process?.status(sourceLocation: sourceLocation)
    #expect(status == 0, "\((try? folder.text("supervisor.log")) ?? "")", sourceLocation: sourceLocation)
    return try #require(SupervisorReport(path: folder.path + "/exit.json"), sourceLocation: sourceLocation)
  }

  var log: String { get throws { try folder.text("main.log") } }

  /// A gate that stays open for as long as the attempt's directory is there.
  func gate() throws -> Gate {
    let gate = try Gate(folder.path + "/gate")
    gates.append(gate)
    return gate
  }

  var files: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() } }

  private func records(_ step: Step) -> [UInt8] {
    var records = step.arguments.map { [UInt8(ascii: "a")] + $0 }
    func add(_ key: String, _ value: String?) {
      if let value { records.append(Array((key + value).utf8)) }
    }
    add("d", step.directory ?? (step.isPrivate ? "/" : folder.path))
    add("w", step.workspace)
    add("r", step.keepsResult ? "stdout" : nil)
    step.outputs.forEach { add("o", $0) }
    add("t", step.deadline.map(String.init))
    add("g", String(step.grace))
    add("p", step.isPrivate ? "" : nil)
    return records.flatMap { $0 + [0] }
  }

  struct NotBuilt: Error { let path: String }

  /// SwiftPM puts test bundles and executables into one directory.
  static func program() throws -> String {
    let bundle = Bundle.allBundles.map(\.bundlePath).first { $0.hasSuffix(".xctest") }
    let beside = bundle ?? Bundle.main.executablePath ?? CommandLine.arguments[0]
    let path = (beside as NSString).deletingLastPathComponent + "/orchestrate-supervisor"
    guard FileManager.default.isExecutableFile(atPath: path) else { throw NotBuilt(path: path) }
    return path
  }
}

/// A private view of the file system needs mounts, which only root may make.
let canMount = ProcessSettings(
  root: "", environment: [:], executable: "", capacity: MachineCapacity(cpu: 0, memory: 0, gpus: 0)
).isPrivate

extension [String] {
  /// Calls `body` with a null-ended array of C strings.
  func withCStrings<Result>(
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
  ) rethrows -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    return try body(&pointers)
  }
}
