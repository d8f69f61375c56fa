import Testing
import WorkflowCore

// Short ways to write a workflow in a test. Each builder hangs on the type it builds: `.steps("main", [[.step("a")]])`.

extension Workflow {
  /// A workflow that enters its first template.
  static func entering(
    _ templates: Template..., arguments: [Parameter] = [], onExit: String? = nil, retry: RetryStrategy? = nil,
    parallelism: Int? = nil, metadata: ObjectMetadata = ObjectMetadata(name: "wf")
  ) -> Workflow {
    Workflow(
      metadata: metadata,
      spec: WorkflowSpec(
        entrypoint: Located(templates.first?.name.value ?? ""), arguments: arguments, templates: templates,
        onExit: onExit.map { ExitHandler(template: Located($0)) }, retryStrategy: retry, parallelism: parallelism),
      manifest: .record(["kind": "Workflow"]))
  }
}

extension Template {
  static func container(
    _ name: String = "work", inputs: [Parameter] = [], outputs: [OutputParameter] = [],
    command: [TemplateString] = ["program"], args: [TemplateString] = [], environment: [EnvironmentVariable] = [],
    resources: ResourceRequirements = ResourceRequirements(), retry: RetryStrategy? = nil,
    deadline: TemplateString? = nil
  ) -> Template {
    Template(
      name: Located(name), inputs: inputs, outputs: outputs,
      body: .container(
        Container(
          image: "image", command: command, args: args, environment: environment, workingDirectory: nil,
          resources: resources)),
      retryStrategy: retry, activeDeadlineSeconds: deadline)
  }

  static func script(
    _ name: String, inputs: [Parameter] = [], outputs: [OutputParameter] = [], _ source: TemplateString
  ) -> Template {
    Template(
      name: Located(name), inputs: inputs, outputs: outputs,
      body: .script(Script(container: Container(command: ["sh"]), source: source)))
  }

  static func steps(
    _ name: String, inputs: [Parameter] = [], outputs: [OutputParameter] = [], retry: RetryStrategy? = nil,
    parallelism: Int? = nil, _ groups: [[Step]]
  ) -> Template {
    Template(
      name: Located(name), inputs: inputs, outputs: outputs, body: .steps(groups), retryStrategy: retry,
      parallelism: parallelism)
  }

  static func dag(
    _ name: String, inputs: [Parameter] = [], outputs: [OutputParameter] = [], retry: RetryStrategy? = nil,
    target: [String] = [], parallelism: Int? = nil, _ tasks: [DAGTask]
  ) -> Template {
    Template(
      name: Located(name), inputs: inputs, outputs: outputs,
      body: .dag(DAG(tasks: tasks, target: target.map { Located($0) })), retryStrategy: retry,
      parallelism: parallelism)
  }
}

extension Step {
  static func step(
    _ name: String, _ template: String = "work", _ arguments: KeyValuePairs<String, TemplateString> = [:],
    when: String? = nil, loop: Loop? = nil, continueOn: ContinueOn = [], onExit: ExitHandler? = nil
  ) -> Step {
    Step(
      name: Located(name), template: Located(template),
      arguments: arguments.map { Argument(name: Located($0.key), value: $0.value) },
      when: when.flatMap { text in
        parsed { () throws(ExpressionSyntaxError) in try WhenExpression(TemplateString(text)) }
      },
      loop: loop, continueOn: continueOn, onExit: onExit)
  }
}

extension ExitHandler {
  static func handler(_ template: String, _ arguments: KeyValuePairs<String, TemplateString> = [:]) -> ExitHandler {
    ExitHandler(
      template: Located(template), arguments: arguments.map { Argument(name: Located($0.key), value: $0.value) })
  }
}

extension DAGTask {
  static func task(
    _ name: String, _ template: String = "work", _ arguments: KeyValuePairs<String, TemplateString> = [:],
    depends: String? = nil, when: String? = nil, loop: Loop? = nil, continueOn: ContinueOn = [],
    onExit: ExitHandler? = nil
  ) -> DAGTask {
    DAGTask(
      step: .step(
        name, template, arguments, when: when, loop: loop, continueOn: continueOn, onExit: onExit),
      depends: depends.flatMap { text in
        parsed { () throws(ExpressionSyntaxError) in try DependsExpression(parsing: text) }
      })
  }
}

extension Loop {
  /// `withItems`: text may hold tags.
  static func over(_ items: Value...) -> Loop {
    .items(items.map { item in item.stringValue.map { .text(TemplateString($0)) } ?? .scalar(item) })
  }

  static func count(_ count: TemplateString, from start: TemplateString? = nil, format: String? = nil) -> Loop {
    .sequence(Sequence(start: start, count: count, format: format))
  }

  static func range(_ start: TemplateString, _ end: TemplateString, format: String? = nil) -> Loop {
    .sequence(Sequence(start: start, end: end, format: format))
  }
}

extension Parameter {
  static func input(_ name: String, value: TemplateString? = nil, default: TemplateString? = nil) -> Parameter {
    Parameter(name: Located(name), value: value, defaultValue: `default`)
  }
}

extension OutputParameter {
  static func file(
    _ name: String, _ path: TemplateString = "/tmp/out", default: TemplateString? = nil,
    globalName: TemplateString? = nil
  ) -> OutputParameter {
    OutputParameter(name: Located(name), source: .path(path), defaultValue: `default`, globalName: globalName)
  }

  static func from(
    _ text: TemplateString, as name: String, default: TemplateString? = nil, globalName: TemplateString? = nil
  ) -> OutputParameter {
    OutputParameter(name: Located(name), source: .parameter(text), defaultValue: `default`, globalName: globalName)
  }
}

extension RetryStrategy {
  static func limit(_ limit: TemplateString, _ policy: Policy = .onFailure, backoff: Backoff? = nil) -> RetryStrategy {
    RetryStrategy(limit: limit, policy: policy, backoff: backoff)
  }
}

/// What `parse` reads; a mistake in a test's own text fails the test.
private func parsed<Result>(_ parse: () throws(ExpressionSyntaxError) -> Result) -> Result? {
  do {
    return try parse()
  } catch {
    Issue.record("the test's own expression is wrong: \(error)")
    return nil
  }
}
