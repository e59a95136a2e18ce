import './globals.css'

export const metadata = { title: 'Café ☕' }

export default function RootLayout({ children }) {
	return (
		<html lang='en'>
			<body className={['a', 'b'].filter((x) => x > 'A').join(' ')}>
				{children}
			</body>
		</html>
	)
}
