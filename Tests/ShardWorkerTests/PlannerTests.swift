import Foundation
import RunFiles
import Testing

@testable import ShardWorker

@Suite("Planning")
struct PlannerTests {
  private let lake = TestLake()

  private func plan(shards: Int = 4, labels: [String: String] = [:]) throws -> Plan {
    try Planner.plan(input: lake.input, models: [lake.model], shards: shards, labels: labels)
  }

  @Test("a plan covers every row group of every file once, in the order of file names")
  func coverage() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(300..<550), "part-1.parquet")
    try lake.write(TestLake.rows(0..<300), "part-0.parquet")
    let plan = try plan()
    #expect(plan.input.rows == 550)
    #expect(plan.input.files.map(\.path) == ["part-0.parquet", "part-1.parquet"])
    let groups = plan.shards.flatMap(\.rowGroups)
    #expect(groups.map(\.file) == [0, 0, 0, 1, 1, 1])
    #expect(groups.map(\.rowGroup) == [0, 1, 2, 0, 1, 2])
    #expect(groups.map(\.rows) == [100, 100, 100, 100, 100, 50])
    #expect(plan.shards.map(\.index) == [0, 1, 2, 3])
    #expect(plan.shards.reduce(0) { $0 + $1.rows } == 550)
  }

  @Test("an input directory that is a link is read as what it points to, under its own name")
  func link() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<300))
    let link = "\(lake.root)/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: lake.input)
    let plan = try Planner.plan(input: link, models: [lake.model], shards: 1, labels: [:])
    #expect(plan.input.rows == 300)
    #expect(plan.input.root == link)
    #expect(plan.input.files.map(\.path) == ["part-0.parquet"])
  }

  @Test("the same input, model and flags give the same plan, byte for byte")
  func deterministic() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<300))
    #expect(try plan().tree().fileText == plan().tree().fileText)
  }

  @Test("a changed file or model changes the digest")
  func digest() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<300))
    let first = try plan().digest
    try lake.writeModel { $0.inputs[0].features[0].mean = 7 }
    let second = try plan().digest
    try lake.write(TestLake.rows(0..<299))
    #expect(try Set([first, second, plan().digest]).count == 3)
  }

  @Test("labels come from the path and the model, and flags go before both")
  func labels() throws {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<10))
    #expect(try plan().run == ["date": "2013-07-04", "model_version": "v1"])
    #expect(
      try plan(labels: ["date": "x", "region": "us"]).run
        == ["date": "x", "model_version": "v1", "region": "us"])
  }

  @Test("files whose names begin with _ or . are passed over, subdirectories are not")
  func hiddenFiles() throws {
    try lake.writeModel()
    try FileManager.default.createDirectory(
      atPath: "\(lake.input)/region=us", withIntermediateDirectories: true)
    try lake.write(TestLake.rows(0..<10), "region=us/a.parquet")
    try lake.write(TestLake.rows(0..<10), "_metadata.parquet")
    try lake.write(TestLake.rows(0..<10), ".half.parquet")
    #expect(try plan().input.files.map(\.path) == ["region=us/a.parquet"])
  }

  @Test("no directory, no files and no rows are three different messages with one exit code")
  func noData() throws {
    try lake.writeModel()
    #expect(throws: WorkerError.noParquetFiles(root: lake.input)) { try plan() }
    try lake.write([])
    #expect(throws: WorkerError.noRows(root: lake.input)) { try plan() }
    let missing = #expect(throws: WorkerError.self) {
      try Planner.plan(input: "\(lake.root)/none", models: [lake.model], shards: 1, labels: [:])
    }
    #expect(missing == .inputMissing(root: "\(lake.root)/none"))
    #expect(missing?.exitStatus == .noInput)
  }

  @Test("a file without a feature's column, or with another type, is refused with both names")
  func schema() throws {
    try lake.write(TestLake.rows(0..<10))
    try lake.writeModel { $0.inputs[0].features[0].column = "z" }
    let missing = #expect(throws: WorkerError.self) { try plan() }
    #expect(missing?.message.contains("no column `z`") == true)
    #expect(missing?.exitStatus == .data)
    try lake.writeModel { $0.inputs[0].features[0].column = "kind" }
    let wrong = #expect(throws: WorkerError.self) { try plan() }
    #expect(wrong?.message.contains("column `kind` is string") == true)
    try lake.writeModel { $0.idColumn = "x" }
    #expect(throws: WorkerError.self) { try plan() }
  }

  @Test("a Parquet file cut short is named")
  func truncated() throws {
    try lake.writeModel()
    let path = try lake.write(TestLake.rows(0..<300))
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: WorkerError.self) { try plan() }
    #expect(error?.message.hasPrefix(path) == true)
    #expect(error?.exitStatus == .data)
  }
}
