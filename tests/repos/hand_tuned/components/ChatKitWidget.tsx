'use client'
import { ChatKit, useChatKit } from '@openai/chatkit-react'
import { tracedFetch } from './traced-fetch'
// deliberate: custom fetch keeps our tracing header
export function Widget() {
  const { control } = useChatKit({ api: { url: '/edge/chat', domainKey: 'k', fetch: tracedFetch } })
  return <ChatKit control={control} />
}
