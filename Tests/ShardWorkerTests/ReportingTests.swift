import Foundation
import RunFiles
import Testing

@testable import ShardWorker

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

private let promtoolPath: String? = ["/usr/bin/promtool", "/usr/local/bin/promtool"]
  .first { FileManager.default.isExecutableFile(atPath: $0) }

@Suite("Messages, progress and the metrics' port")
struct ReportingTests {
  @Test("a message in JSON is one object with time, level and its members")
  func json() throws {
    let line = Log.line("two\nlines", .notice, ["shard": .number("3")], .json)
    let value = try JSONValue(parsing: Data(line.utf8))
    guard case .object(let members) = value else {
      Issue.record("no object: \(line)")
      return
    }
    #expect(members["message"] == .string("two\nlines"))
    #expect(members["level"] == .string("notice"))
    #expect(members["shard"] == .number("3"))
    #expect(members["time"] != nil)
    #expect(!line.contains("\n"))
  }

  @Test("a notice for people says that it is one")
  func text() {
    #expect(Log.line("resuming", .notice, ["a": .null], .text) == "notice: resuming")
    #expect(Log.line("done", .info, [:], .text) == "done")
  }

  @Test("the bar shows shard, share, rows a second and the time that is left")
  func bar() {
    let line = ProgressBar.line(shard: 3, .init(done: 250, total: 1000, rowsPerSecond: 10))
    #expect(
      line
        == "shard 3  \(String(repeating: "━", count: 6))\(String(repeating: "─", count: 18)) 25 %  10 rows/s  1:15 left"
    )
    let fast = ProgressBar.line(shard: 0, .init(done: 500_000, total: 1_000_000, rowsPerSecond: 1.25e6))
    #expect(fast.hasSuffix("50 %  1.25 M rows/s  0:01 left"))
    #expect(ProgressBar.line(shard: 0, .init(done: 0, total: 10, rowsPerSecond: 0)).hasSuffix(" 0 %"))
  }

  @Test("Prometheus gets the figures over HTTP; other paths and methods get an answer too")
  func server() async throws {
    let server = try MetricsServer(port: 0) { "rows_total 7\n" }
    defer { server.close() }
    func get(_ path: String, method: String = "GET") async throws -> (Int, String) {
      var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(server.port)\(path)")))
      request.httpMethod = method
      let (data, response) = try await URLSession.shared.data(for: request)
      return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }
    let answer = try await get("/metrics?x=1")
    #expect(answer == (200, "rows_total 7\n"))
    #expect(try await get("/other").0 == 404)
    #expect(try await get("/metrics", method: "DELETE").0 == 405)
  }

  @Test("a port that is taken is an error of usage that names it")
  func taken() throws {
    let server = try MetricsServer(port: 0) { "" }
    defer { server.close() }
    let error = #expect(throws: WorkerError.self) { try MetricsServer(port: server.port) { "" } }
    #expect(error?.exitStatus == .usage)
    #expect(error?.message.contains("\(server.port)") == true)
  }

  @Test(
    "promtool finds nothing to complain of",
    .enabled(if: promtoolPath != nil, "promtool is not installed (Debian: prometheus)"))
  func promtool() throws {
    let metrics = ShardMetrics(jobID: "job", modelVersion: "v1", totalRows: 100, batchRows: 10)
    metrics.started(earlierRows: 10) { 5 }
    metrics.wrote(rows: 20, deadLetters: 1)
    metrics.durations.add(0.002)
    metrics.watched(indices: ["score": 0.02], alarms: 1)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(promtoolPath))
    process.arguments = ["check", "metrics"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(metrics.page.utf8))
    try input.fileHandleForWriting.close()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(said)")
    #expect(said.isEmpty, "\(said)")
  }

  @Test("a GPU is the one that CUDA_VISIBLE_DEVICES puts at torch's number")
  func visibleDevices() {
    #expect(GPUMonitor.identifier(of: 0, visible: nil) == "0")
    #expect(GPUMonitor.identifier(of: 1, visible: "3,5") == "5")
    #expect(GPUMonitor.identifier(of: 0, visible: "GPU-8f6d") == "GPU-8f6d")
    #expect(GPUMonitor(device: "cpu", visible: nil) == nil)
    #expect(GPUMonitor(device: "cuda:0", visible: nil, library: "no-such-library.so") == nil)
  }
}
