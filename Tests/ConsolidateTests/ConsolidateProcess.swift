import Foundation

/// The real program, built beside the tests.
struct ConsolidateProcess {
  let status: Int32
  let wasKilled: Bool
  let standardOutput: String
  let standardError: String

  /// Runs it to its end.
  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> ConsolidateProcess {
    try start(arguments, environment: environment).wait()
  }

  /// Starts it; `wait` gives its result.
  static func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Running {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try path())
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, error) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    try process.run()
    return Running(process: process, output: output, error: error)
  }

  struct Running {
    let process: Process
    let output: Pipe
    let error: Pipe

    func wait() -> ConsolidateProcess {
      let output = output.fileHandleForReading.readDataToEndOfFile()
      let error = error.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return ConsolidateProcess(
        status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
        standardOutput: String(decoding: output, as: UTF8.self),
        standardError: String(decoding: error, as: UTF8.self))
    }
  }

  struct NotBuilt: Error { let path: String }

  /// SwiftPM puts test bundles and executables into one directory.
  private static func path() throws -> String {
    let bundle = Bundle.allBundles.map(\.bundlePath).first { $0.hasSuffix(".xctest") }
    let beside = bundle ?? Bundle.main.executablePath ?? CommandLine.arguments[0]
    let path = (beside as NSString).deletingLastPathComponent + "/Consolidate"
    guard FileManager.default.isExecutableFile(atPath: path) else { throw NotBuilt(path: path) }
    return path
  }
}
