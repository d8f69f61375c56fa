import ArgumentParser
import Foundation
import WorkflowCore
import WorkflowSpec

/// `orchestrate lint`: every mistake of every file, in one run.
struct Lint: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check workflow files.",
    discussion: """
      EXAMPLES
        orchestrate lint workflows/
        orchestrate lint workflows/daily.yaml -o json

      Exits with 65 when anything is wrong.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: ArgumentHelp("YAML or JSON files, or folders of them; - reads standard input.", valueName: "file"))
  var files: [String]

  @Option(name: .shortAndLong, help: "The form of what is printed.")
  var output: Format = .text

  func run() throws {
    let results = try inputFiles(files).map { path in
      let (bytes, name) = try readInput(path)
      return WorkflowReader(for: .lint).read(bytes, name: name)
    }
    switch output {
    case .json: print(Value.array(results.flatMap { $0.jsonReport.arrayValue ?? [] }).jsonText(indent: 2))
    case .text: printText(results)
    }
    if results.contains(where: \.hasErrors) { throw ExitStatus.wrongWorkflow }
  }

  private func printText(_ results: [SpecFile]) {
    let report = results.map(\.report).joined()
    if !report.isEmpty { print(report, terminator: "") }
    let wrong = results.count(where: \.hasErrors)
    print(wrong == 0 ? "\(results.count) files, no errors" : "\(wrong) of \(results.count) files have errors")
  }
}
