import ArgumentParser
import WorkflowSpec

/// `orchestrate explain`: what a field means.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a field of a workflow means.",
    discussion: """
      EXAMPLES
        orchestrate explain workflow.spec
        orchestrate explain workflow.spec.templates.retryStrategy
        orchestrate explain cronworkflow.spec.concurrencyPolicy
      """)

  @Argument(help: "The way to the field, from workflow or cronworkflow on.")
  var field: String?

  @Flag(help: "Every field, as the tables of docs/fields.md.")
  var all = false

  func validate() throws {
    guard (field == nil) == all else { throw ValidationError("name a field, such as workflow.spec") }
  }

  func run() throws {
    guard let field else { return print(FieldGuide().document, terminator: "") }
    switch FieldGuide().explain(field) {
    case .success(let text): print(text)
    case .failure(let unknown):
      throw fail(
        "there is no field '\(unknown.field)'", hint: didYouMean(unknown.field, among: unknown.known),
        ExitStatus.wrongWorkflow)
    }
  }
}
