import ArgumentParser
import Foundation
import RunFiles

/// `ShardWorker plan`
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Divide a dataset into shards of whole row groups.",
    discussion: """
      Reads the footers of all Parquet files below --input, and writes plan.json to --run-dir. The
      same input, model and flags give the same file. Prints the shards' numbers as a JSON list, in
      the form that `withParam` of a workflow takes.

      Labels name the run: `key=value` components of the input path and the model's version are
      labels already, --label adds to them.

      EXAMPLES
        ShardWorker plan --input data/features/date=2013-07-04 --model models/flights/build/v1 \\
          --shards 4 --run-dir data/runs/2013-07-04/v1
        ShardWorker plan --input data/all --model models/m --shards 400 --run-dir runs/all \\
          --label date=2013-07-04 --label region=us
        ShardWorker plan --input s3://lake/features --model models/a --model models/b --shards 8 \\
          --run-dir runs/both --where "date >= '2013-07-01' and dep_delay > 15"

      ENVIRONMENT
        AWS_REGION, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...   for s3:// inputs

      EXIT CODES
        0 planned; 64 usage; 65 bad data; 66 no input or no rows; 67 no usable model.json
      """)

  @OptionGroup(title: "Messages") var log: LogOptions

  @Option(help: ArgumentHelp("A directory of Parquet files, one such file, or s3://bucket/prefix.", valueName: "path"))
  var input: String

  @Option(
    help: ArgumentHelp(
      "The directory that holds model.json. May be repeated: all score the rows in one pass.", valueName: "dir"))
  var model: [String]

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      "Leave out row groups whose statistics show that no row can meet this. Rows are not filtered.",
      valueName: "condition"))
  var condition: String?

  @Flag(help: "Take the SHA-256 of each file, so that `run` notices any change of a byte. Reads all files whole.")
  var hashFiles = false

  @Option(help: "How many shards; fewer are made when there are fewer row groups.")
  var shards: Int

  @Option(help: ArgumentHelp("Where the run's files go.", valueName: "dir"))
  var runDir: String

  @Option(help: ArgumentHelp("A label of the run; may be repeated.", valueName: "key=value"))
  var label: [String] = []

  func validate() throws {
    guard !model.isEmpty else { throw ValidationError("--model is missing") }
    guard shards > 0 else { throw ValidationError("--shards must be at least 1") }
    _ = try labels()
  }

  private func labels() throws -> [String: String] {
    var labels: [String: String] = [:]
    for text in label {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw ValidationError("--label `\(text)` is not of the form key=value")
      }
      labels[String(parts[0])] = String(parts[1])
    }
    return labels
  }

  func run() throws {
    log.apply()
    let directory = RunDirectory(runDir)
    let plan = try Planner.plan(
      input: input, models: model, shards: shards, labels: try labels(), condition: condition,
      hashesFiles: hashFiles)
    try DurableFile.makeDirectory(directory.root)
    try plan.write(to: directory.plan)
    let groups = plan.shards.reduce(0) { $0 + $1.rowGroups.count }
    Log.write(
      "planned \(counted(plan.input.rows, "row")) in \(counted(groups, "row group"))"
        + " of \(counted(plan.input.files.count, "file"))"
        + " as \(counted(plan.shards.count, "shard")): \(directory.plan)")
    print(JSONValue.array(plan.shards.map { .number(String($0.index)) }).canonicalText)
  }
}

/// A number with its noun, such as `1 shard` and `2 shards`.
func counted(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}
