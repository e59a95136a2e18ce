import type { ReactNode } from 'react'
import { Theme } from '../../theme'

export default async function LocaleLayout({ children, params }: { children: ReactNode; params: Promise<{ locale: string }> }) {
  const { locale } = await params
  return (
    <Theme>
      <html
        // the language of the page
        lang={locale}
      >
        <head />
        <body>{children}</body>
      </html>
    </Theme>
  )
}
