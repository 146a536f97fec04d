import { parseActionMap, type ActionMap } from '@counterfoil/schema/action-map'

const file = { type: 'file', id: '/file_path' } as const
const notebook = { type: 'file', id: '/notebook_path' } as const

/** What the tools of Claude Code itself do. Tools of MCP servers are not here: their effect is unknown without a map. */
export function claudeCodeTools(): ActionMap {
  return parseActionMap({
    version: 1,
    name: 'claude-code',
    tools: {
      Read: { action: 'file.read', effect: 'read', target: file },
      NotebookRead: { action: 'file.read', effect: 'read', target: notebook },
      Grep: { action: 'file.search', effect: 'read', target: { type: 'directory', id: '/path' } },
      Glob: { action: 'file.find', effect: 'read', target: { type: 'directory', id: '/path' } },
      LS: { action: 'file.list', effect: 'read', target: { type: 'directory', id: '/path' } },
      WebFetch: {
        action: 'webpage.fetch',
        effect: 'read',
        target: { type: 'webpage', id: '/url' },
        trust: 'untrusted',
      },
      WebSearch: { action: 'web.search', effect: 'read', trust: 'untrusted' },
      BashOutput: { action: 'command.read_output', effect: 'read', target: { type: 'shell', id: '/bash_id' } },
      TaskOutput: { action: 'task.read_output', effect: 'read', target: { type: 'task', id: '/task_id' } },
      ToolSearch: { action: 'tool.search', effect: 'read' },
      Write: { action: 'file.write', effect: 'write', target: file },
      Edit: { action: 'file.edit', effect: 'write', target: file },
      MultiEdit: { action: 'file.edit', effect: 'write', target: file },
      NotebookEdit: { action: 'file.edit', effect: 'write', target: notebook },
      Bash: { action: 'command.run', effect: 'execute' },
      KillShell: { action: 'command.stop', effect: 'execute', target: { type: 'shell', id: '/shell_id' } },
      KillBash: { action: 'command.stop', effect: 'execute', target: { type: 'shell', id: '/shell_id' } },
      // What a sub-agent does stands in its own run; delegating changes nothing by itself.
      Task: { action: 'agent.delegate', effect: 'none' },
      Agent: { action: 'agent.delegate', effect: 'none' },
      Skill: { action: 'skill.load', effect: 'none' },
      SlashCommand: { action: 'command.expand', effect: 'none' },
      TodoWrite: { action: 'todo.update', effect: 'none' },
      TaskCreate: { action: 'todo.update', effect: 'none' },
      TaskUpdate: { action: 'todo.update', effect: 'none' },
      TaskList: { action: 'todo.list', effect: 'none' },
      EnterPlanMode: { action: 'plan.begin', effect: 'none' },
      ExitPlanMode: { action: 'plan.present', effect: 'none' },
      AskUserQuestion: { action: 'question.ask', effect: 'communicate', target: { type: 'user', value: 'user' } },
    },
    result: {
      denied: [{ text_prefix: "The user doesn't want to proceed with this tool use" }],
      unknown: [{ text_prefix: '[Request interrupted by user' }],
      failure: [{ flag: '/is_error' }],
    },
  })
}

/** The user's map with ours beneath it. */
export function withClaudeCodeTools(map: ActionMap | undefined): ActionMap {
  const own = claudeCodeTools()
  if (map === undefined) return own
  return { ...map, tools: { ...own.tools, ...map.tools } }
}
